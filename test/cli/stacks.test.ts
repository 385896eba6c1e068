import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { scratch } from '../support/media.ts';
import { sluice, tiny, type Ended } from '../support/sluice.ts';

/** Runs `sluice batch` after this code, which runs in every process of Node: `inWorker` says in which. */
async function batchAfter(
  code: string,
  {
    cwd = scratch(),
    args = [],
    env = {},
  }: { cwd?: string; args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Ended & { cwd: string }> {
  const preload = path.join(cwd, 'preload.mjs');
  writeFileSync(preload, `const inWorker = process.env.TINYPOOL_WORKER_ID !== undefined;\n${code}`);
  const all = ['batch', ...NETWORK, '--quiet', '--workers', '2', '--out', 'o.ndjson', ...args, tiny()];
  const ended = await sluice(all, { cwd, env: { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`, ...env } });
  return { ...ended, cwd };
}

const STACK = /^\s+at /m;

/** Code that throws in the main process, where nothing catches it, once the command has begun. */
const throwing = (error: string): string => `
  const hasBegun = () => process.listenerCount('uncaughtException') > 0;
  const timer = setInterval(() => { if (!inWorker && hasBegun()) { clearInterval(timer); throw ${error}; } }, 10).unref();`;

describe('an error is one line without a stack', { timeout: 60_000 }, () => {
  it.each([
    ['throws', `throw new TypeError('it\\u001b[31m broke')`, 'it\\x1b[31m broke'],
    ['throws later', `setTimeout(() => { throw new RangeError('too late') }, 50)`, 'too late'],
    ['exits', 'process.exit(7)', 'killed, or out of memory'],
    ['kills itself', `process.kill(process.pid, 'SIGKILL')`, 'killed, or out of memory'],
  ])('a worker that %s as it starts', async (_what, code, reason) => {
    const { code: exitCode, stdout, stderr } = await batchAfter(`if (inWorker) { ${code} }`);
    expect(stderr).toBe(`sluice: error: the worker process ended unexpectedly (${reason})\n`);
    expect([exitCode, stdout]).toEqual([1, '']);
  });

  it('what a worker prints does not get into the results', async () => {
    const { code, stdout, stderr } = await batchAfter(
      `if (inWorker) { console.log('noise'); console.error('noise') }`,
      {
        args: ['--out', '-'],
      },
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(10);
    expect(stdout).not.toContain('noise');
  });

  it.skipIf(process.platform === 'win32')('a folder for temporary files that does not exist', async () => {
    const { code, stderr } = await batchAfter('', { args: ['--out', '-'], env: { TMPDIR: '/nowhere/at-all' } });
    expect(stderr).toMatch(
      /^sluice: error: cannot make a temporary folder in \/nowhere\/at-all: ENOENT.*: set TMPDIR\n$/,
    );
    expect(code).toBe(1);
  });

  it('a job folder that cannot be deleted: the results are written', async () => {
    const { code, stderr, cwd } = await batchAfter(`
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { rmSync } = fs;
      fs.rmSync = (file, options) => {
        if (String(file).endsWith('manifest.json')) throw Object.assign(new Error('EBUSY: busy'), { code: 'EBUSY', syscall: 'unlink' });
        rmSync(file, options);
      };
      syncBuiltinESMExports();`);
    expect(stderr).toBe('sluice: error: the job folder o.ndjson.job cannot be deleted: EBUSY: busy\n');
    expect([code, existsSync(path.join(cwd, 'o.ndjson'))]).toEqual([1, true]);
  });

  it.each([
    [
      'a bug',
      `new TypeError('x is not a function')`,
      'TypeError: x is not a function (this is a bug in sluice; SLUICE_DEBUG=1 shows where: please report it)',
    ],
    [
      'a system call',
      `Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' })`,
      'EIO: i/o error, read',
    ],
    ['a value', `'only text'`, 'Error: only text (this is a bug in sluice'],
  ])('%s that nothing catches', async (_what, error, said) => {
    const { code, stderr } = await batchAfter(throwing(error));
    expect(stderr).toContain(`sluice: error: ${said}`);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(code).toBe(1);
  });

  it('SLUICE_DEBUG shows the stack', async () => {
    const env = { SLUICE_DEBUG: '1' };
    const bug = await batchAfter(throwing(`new TypeError('a\\u001bb')`), {
      env,
    });
    expect(bug.stderr).toMatch(STACK);
    expect(bug.stderr).toContain('TypeError: a\\x1bb');
    const worker = await batchAfter(`if (inWorker) throw new TypeError('a\\u001bb')`, { env });
    expect(worker.stderr).toMatch(STACK);
    expect(worker.stderr).toContain('TypeError: a\\x1bb');
  });
});
