import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/batch/job-lock.ts';
import { scratch } from '../support/media.ts';

const holder = (more: object) =>
  JSON.stringify({ pid: process.pid, host: hostname(), began: 'another start', since: 'yesterday', ...more });

describe('lockFolder', () => {
  it('locks until it is unlocked', () => {
    const folder = scratch();
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid} has been using ${folder} since `);
    release();
    release();
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over from a process that has ended', async () => {
    const folder = scratch();
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('close', resolve));
    writeFileSync(path.join(folder, 'lock-3'), holder({ pid: child.pid }));
    const release = lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock-4']);
    release();
  });

  it.skipIf(process.platform !== 'linux')('takes over if another process has the number of the holder now', () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'lock-1'), holder({}));
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over from a damaged lock', () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'lock-1'), '{ cut off');
    lockFolder(folder)();
  });

  it('cannot check a process of another machine, and says which file to delete', () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'lock-1'), holder({ host: 'elsewhere' }));
    expect(() => lockFolder(folder)).toThrow(/on elsewhere .* delete .*lock-1/);
    expect(readdirSync(folder)).toEqual(['lock-1']);
  });

  it('throws for a folder that does not exist', () => {
    expect(() => lockFolder('/nowhere/job')).toThrow('cannot write into /nowhere/job');
  });
});
