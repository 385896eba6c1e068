import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPng } from '../../../scripts/datasets/png.ts';
import { locateFfmpeg } from '../../../src/sources/ffmpeg/locate.ts';
import { randomFrom, seed } from '../../support/random.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
const size = { width: 64, height: 48 };

/** Writes random values as a PNG, by ffmpeg. */
async function written(format: 'rgb24' | 'rgba'): Promise<{ file: string; values: Uint8Array }> {
  const random = randomFrom(seed);
  const bytes = size.width * size.height * (format === 'rgba' ? 4 : 3);
  const values = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
  const file = path.join(folder, `${format}.png`);
  const { path: ffmpeg } = await locateFfmpeg();
  const raw = ['-f', 'rawvideo', '-pix_fmt', format, '-s', `${size.width}x${size.height}`, '-i', 'pipe:0'];
  const { status } = spawnSync(ffmpeg, ['-v', 'error', '-y', ...raw, '-pix_fmt', format, file], { input: values });
  expect(status).toBe(0);
  return { file, values };
}

describe('readPng', () => {
  it(`gives the bytes that were written (seed ${seed})`, async () => {
    const { file, values } = await written('rgb24');
    expect(Buffer.from(await readPng(file, size)).equals(values)).toBe(true);
  });

  it('refuses another size, transparency, and what is no picture', async () => {
    const { file } = await written('rgb24');
    await expect(readPng(file, { width: 48, height: 64 })).rejects.toThrow('must be 48×64, not 64×48');
    await expect(readPng((await written('rgba')).file, size)).rejects.toThrow('is transparent in places');
    const other = path.join(folder, 'other.png');
    writeFileSync(other, 'no picture');
    await expect(readPng(other, size)).rejects.toThrow();
  });
});
