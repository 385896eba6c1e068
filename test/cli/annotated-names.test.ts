import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { scratch } from '../support/media.ts';
import { sluice, tiny } from '../support/sluice.ts';

it('the name of an annotated video is a name, whatever ffmpeg would make of it', { timeout: 60_000 }, async () => {
  const folder = scratch();
  let connections = 0;
  const server = createServer(() => connections++).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address() as { port: number };
  const names = ['tee:victim.txt|z', `tcp:127.0.0.1:${port}?x`, '-y', '12:30', 'pipe:1', 'a%03d', '[f=null]b'];
  for (const name of names) copyFileSync(tiny(), path.join(folder, `${name}.mp4`));
  writeFileSync(path.join(folder, 'victim.txt'), 'precious');
  const run = ['classify', ...NETWORK, '--quiet', '--engine', 'wasm', '--annotate', '{name}-labels.mp4', '--'];
  const { code, stderr, stdout } = await sluice([...run, ...names.map((name) => `${name}.mp4`)], { cwd: folder });
  server.close();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.trim().split('\n')).toHaveLength(10 * names.length);
  expect(connections).toBe(0);
  expect(readFileSync(path.join(folder, 'victim.txt'), 'utf8')).toBe('precious');
  for (const name of names) expect(existsSync(path.join(folder, `${name}-labels.mp4`)), name).toBe(true);
  expect(readdirSync(folder)).toHaveLength(2 * names.length + 1);
});
