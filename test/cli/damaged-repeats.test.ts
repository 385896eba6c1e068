import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { ffmpegs, media, writeWith } from '../support/media.ts';
import { sluice } from '../support/sluice.ts';

/** A video of four seconds, of which some bits are wrong. */
function damaged(): string {
  const clip = media('long.mp4', '-f lavfi -i testsrc2=s=320x240:r=25:d=4 -pix_fmt yuv420p -c:v libx264 -bf 2 -g 25');
  const bytes = Buffer.from(readFileSync(clip));
  const [from, to] = [bytes.indexOf('mdat') + 2000, bytes.indexOf('moov') - 10];
  for (let n = 0; n < 60; n++) {
    const at = from + Math.floor(((to - from) * n) / 60);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (n % 8)), at);
  }
  return writeWith('damaged.mp4', bytes);
}

describe.each(ffmpegs)('a damaged file, with ffmpeg $name', ({ file: ffmpeg }) => {
  it('has the same results in each run, and with classify and batch', async () => {
    const args = ['--top', '10', ...NETWORK, '--ffmpeg', ffmpeg, damaged()];
    const results: string[] = [];
    for (const command of ['classify', 'classify', 'classify', 'batch']) {
      const { code, stdout, stderr } = await sluice([command, ...args]);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('damaged');
      results.push(stdout);
    }
    expect(results[0]?.split('\n').length).toBeGreaterThan(50);
    expect(new Set(results).size).toBe(1);
  }, 120_000);
});
