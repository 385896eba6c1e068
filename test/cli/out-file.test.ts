import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { classify, errorsIn, main, parse, sample, sluice, squirrel, tiny } from '../support/sluice.ts';

const linux = process.platform === 'linux';
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main] as const;
const asNobody = spawnSync(nobody[0], [...nobody.slice(1), '--version']).status === 0;

describe('--out FILE', () => {
  it('appears when it is whole, in place of what was there, and stdout stays empty', async () => {
    const folder = scratch();
    const out = path.join(folder, 'labels.ndjson');
    writeFileSync(out, 'old\n');
    chmodSync(out, 0o640);
    const { code, stdout } = await classify(['--out', out, '--every', '4', tiny()]);
    expect([code, stdout]).toEqual([0, '']);
    expect(parse(readFileSync(out, 'utf8')).map(({ seq }) => seq)).toEqual([0, 4, 8]);
    expect(readdirSync(folder)).toEqual(['labels.ndjson']);
    expect(statSync(out).mode & 0o777).toBe(0o640);
  });

  it('- is stdout', async () => {
    const folder = scratch();
    const { code, lines } = await classify(['--out', '-', '--quiet', squirrel], { cwd: folder });
    expect([code, lines.length, readdirSync(folder)]).toEqual([0, 1, []]);
  });

  it.skipIf(!linux)('/dev/stdout is stdout', async () => {
    const { code, lines, stderr } = await classify(['--out', '/dev/stdout', '--quiet', squirrel]);
    expect([code, lines.length, stderr]).toEqual([0, 1, '']);
    expect(readdirSync('/dev').filter((name) => name.startsWith('stdout.'))).toEqual([]);
  });

  it('holds what the readable files gave when others fail', async () => {
    const out = path.join(scratch(), 'labels.ndjson');
    const { code } = await classify(['--out', out, '--quiet', '/a.mp4', squirrel, '/b.mp4']);
    expect(code).toBe(1);
    expect(parse(readFileSync(out, 'utf8')).length).toBe(1);
  });

  it('is left as it was when no file gave anything', async () => {
    const folder = scratch();
    const out = path.join(folder, 'labels.ndjson');
    writeFileSync(out, 'old\n');
    const { code } = await classify(['--out', out, '--quiet', '/a.mp4', '/b.mp4']);
    expect(code).toBe(1);
    expect([readFileSync(out, 'utf8'), readdirSync(folder)]).toEqual(['old\n', ['labels.ndjson']]);
  });

  it('is whole when two runs write it at once: the last one wins', async () => {
    const folder = scratch();
    const out = path.join(folder, 'labels.ndjson');
    const runs = await Promise.all(['2', '3'].map((n) => classify(['--out', out, '--quiet', '--every', n, tiny()])));
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect([4, 5]).toContain(parse(readFileSync(out, 'utf8')).length);
    expect(readdirSync(folder)).toEqual(['labels.ndjson']);
  });
});

describe('--out that cannot be written: one error, exit code 1, before anything is read', () => {
  it.each([
    ['in a folder that is not there', () => path.join(scratch(), 'missing/labels.ndjson'), 'no such file or directory'],
    ['that is a folder', () => scratch(), 'it is a directory'],
    ['below a file', () => path.join(squirrel, 'labels.ndjson'), 'not a directory'],
  ])('%s', async (_, make, message) => {
    const out = make();
    const { code, stdout, stderr } = await classify(['--out', out, squirrel]);
    expect(stderr).toMatch(/^sluice: error: [^\n]+\n$/);
    expect(errorsIn(stderr)).toEqual([expect.stringContaining(`cannot write ${out}: `)]);
    expect(errorsIn(stderr)[0]).toContain(message);
    expect([code, stdout]).toEqual([1, '']);
  });

  it.skipIf(!asNobody)('in a folder without permission, or a file without it', async () => {
    const folder = scratch();
    chmodSync(folder, 0o755);
    const open = path.join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const kept = path.join(open, 'kept.ndjson');
    writeFileSync(kept, 'old\n', { mode: 0o644 });
    for (const out of [path.join(folder, 'labels.ndjson'), kept]) {
      const { code, stderr } = await classify(['--out', out, squirrel], { command: nobody });
      expect(stderr).toContain('permission denied');
      expect(code).toBe(1);
    }
    expect([readdirSync(folder), readdirSync(open), readFileSync(kept, 'utf8')]).toEqual([
      ['open'],
      ['kept.ndjson'],
      'old\n',
    ]);
  });
});

describe.skipIf(!linux)('a disk that is full: one error, exit code 1, nothing half-written', () => {
  it('as /dev/full is', async () => {
    const { code, stderr } = await classify(['--out', '/dev/full', '--quiet', squirrel]);
    expect(stderr).toBe('sluice: error: cannot write /dev/full: ENOSPC: no space left on device, write\n');
    expect(code).toBe(1);
  });

  it('at a limit of the file size', async () => {
    const folder = scratch();
    const out = path.join(folder, 'labels.ndjson');
    writeFileSync(out, 'old\n');
    const command = ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh', process.execPath, main] as const;
    const { code, stderr } = await classify(['--out', out, '--quiet', tiny()], { command });
    expect(errorsIn(stderr)).toEqual([`sluice: error: cannot write ${out}: EFBIG: file too large, write`]);
    expect(code).toBe(1);
    expect([readFileSync(out, 'utf8'), readdirSync(folder)]).toEqual(['old\n', ['labels.ndjson']]);
  });

  const disk = scratch();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]).status === 0;
  afterAll(() => void (mounted && execFileSync('umount', [disk])));

  it.skipIf(!mounted)('as a real one is', async () => {
    const out = path.join(disk, 'labels.ndjson');
    const { code, stderr } = await classify(['--out', out, '--quiet', '--every', '2', '--top', '100', tiny()]);
    expect(errorsIn(stderr)).toEqual([`sluice: error: cannot write ${out}: ENOSPC: no space left on device, write`]);
    expect(code).toBe(1);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(disk)).toEqual([]);
  });
});

it.skipIf(!linux)('--out to a named pipe goes to its reader, and ends quietly when that has enough', async () => {
  const fifo = path.join(scratch(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = sluice(['-n', '1', fifo], { command: ['head'] });
  const { code, stderr } = await classify(['--out', fifo, '--quiet', sample]);
  expect(parse((await reader).stdout).length).toBe(1);
  expect([code, stderr]).toEqual([0, '']);
});
