import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { labelFiles } from 'sluice/node';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { media, scratch } from '../support/media.ts';
import { errorsIn, parse, sluice } from '../support/sluice.ts';

const MODEL = ['--top', '1', ...NETWORK];

/** A folder with a clip of five frames that is another user's, and an upload that names it. */
function upload(): { folder: string; file: string } {
  const folder = scratch();
  const clip = media('clip.ts', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5 -f mpegts');
  copyFileSync(clip, path.join(folder, 'other.ts'));
  const file = path.join(folder, 'upload.mp4');
  const text = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.5,\n${path.join(folder, 'other.ts')}\n#EXT-X-ENDLIST\n`;
  writeFileSync(file, text);
  return { folder, file };
}

describe.each(['classify', 'batch'])('%s and a playlist on disk', (command) => {
  it('is refused with one error', async () => {
    const { file } = upload();
    const { code, stdout, stderr } = await sluice([command, ...MODEL, file]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(errorsIn(stderr)).toEqual([expect.stringContaining(`${file}: an HLS playlist, which may name other files`)]);
    expect(stderr).toContain('--allow-playlists');
  });

  it('is read with --allow-playlists, also where it is drawn on', async () => {
    const { folder, file } = upload();
    const labelled = path.join(folder, 'labelled.mp4');
    const args = [
      command,
      ...MODEL,
      '--allow-playlists',
      '--annotate',
      labelled,
      '--out',
      path.join(folder, 'a.ndjson'),
    ];
    const { code, stderr } = await sluice([...args, file]);
    expect(code, stderr).toBe(0);
    expect(parse(readFileSync(path.join(folder, 'a.ndjson'), 'utf8')).length).toBe(5);
    expect(existsSync(labelled)).toBe(true);
  });
});

it('a job goes on with a file that is allowed later', async () => {
  const { folder, file } = upload();
  const args = ['batch', ...MODEL, '--job', path.join(folder, 'job'), file];
  expect((await sluice(args)).code).toBe(1);
  const { code, stdout, stderr } = await sluice([...args, '--allow-playlists']);
  expect(code, stderr).toBe(0);
  expect(parse(stdout).length).toBe(5);
});

it('labelFiles takes the same option', async () => {
  const { file } = upload();
  const failed: string[] = [];
  const label = (allowPlaylists: boolean) =>
    lastValueFrom(
      labelFiles([file], {
        model: 'lenet5',
        seed: 1,
        fit: 'contain',
        allowPlaylists,
        onEvent: (event) => event.type === 'failed' && failed.push(JSON.stringify(event)),
      }).pipe(toArray()),
    );
  expect(await label(false)).toEqual([]);
  expect(failed).toEqual([expect.stringContaining('an HLS playlist')]);
  expect((await label(true)).length).toBe(5);
});
