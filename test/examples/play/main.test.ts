import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const program = path.resolve('examples/play');

it('plays games, and says how they ended', async () => {
  const { stdout } = await run(process.execPath, [program, '--games', '3']);
  expect(stdout).toMatch(/^(game [123]: (caught|missed)\n){3}caught \d of 3 balls\n$/);
});

it('the same ones again, from any folder', async () => {
  const games = async (cwd: string) =>
    (await run(process.execPath, [program, '--games', '1', '--untrained', '--seed', '4'], { cwd })).stdout;
  expect(await games('.')).toBe(await games(path.dirname(path.resolve('.'))));
});

it.each([
  ['--games', 'none'],
  ['--games', '0'],
  ['--seed', '0.5'],
])('refuses %s %s', async (...args) => {
  await expect(run(process.execPath, [program, ...args])).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'usage: node examples/play [--games 10] [--seed 1] [--untrained]\n',
  });
});
