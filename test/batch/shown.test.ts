import { expect, it } from 'vitest';
import { sluice, squirrel, tiny } from '../cli/sluice.ts';
import { NETWORK } from './clips.ts';

interface Said {
  readonly type: string;
  readonly [key: string]: unknown;
}

it('--progress json: nothing but JSON objects on stderr, from the start to the end', { timeout: 60_000 }, async () => {
  const files = [tiny(), '/nowhere.mp4', squirrel];
  const { code, stderr } = await sluice(['batch', '--progress', 'json', ...NETWORK, '--workers', '2', ...files]);
  const said = stderr
    .trimEnd()
    .split('\n')
    .map((line): Said => JSON.parse(line));
  expect(code).toBe(1);
  expect(said.find(({ type }) => type === 'start')).toMatchObject({ files: 3, workers: 2 });
  expect(said.filter(({ type }) => type === 'failed')).toEqual([
    { type: 'failed', file: '/nowhere.mp4', message: expect.stringContaining('no such file') },
  ]);
  expect(said.at(-1)).toMatchObject({ type: 'end', files: 3, done: 2, failed: 1, part: 1, frames: 11, labelled: 11 });
});

it('--progress json: an error is one too', { timeout: 60_000 }, async () => {
  const { code, stderr } = await sluice(['batch', '--progress', 'json', '--pipeline', 'nothing', squirrel]);
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ type: 'error', message: expect.stringContaining('nothing') });
});

it('the table at the end: files, frames, speed, failures with reasons, the time', { timeout: 60_000 }, async () => {
  const { stderr } = await sluice(['batch', ...NETWORK, '--workers', '1', tiny(), '/nowhere.mp4']);
  expect(stderr).toMatch(/^files +2: 1 labelled, 1 failed *$/m);
  expect(stderr).toMatch(/^frames +10 decoded, 10 labelled, 0 failed *$/m);
  expect(stderr).toMatch(/^speed +\d+\.\d frames\/s, \d+\.\d × real time *$/m);
  expect(stderr).toMatch(/^failed:\n {2}\/nowhere\.mp4: no such file$/m);
  const shares = [...stderr.matchAll(/ ([\d.]+) %$/gm)].map(([, share]) => Number(share));
  expect(shares.length).toBeGreaterThan(4);
  expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100)).toBeLessThan(1);
});
