import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { JobFolder } from '../../src/batch/job-folder.ts';
import { scratch } from '../support/media.ts';

/** The number of a process that is no more. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('close', resolve));
  return child.pid ?? 0;
}

describe('a job folder that is not wanted any more', () => {
  it('goes, with what was left by processes that were killed while they wrote', async () => {
    const folder = path.join(scratch(), 'job');
    const job = new JobFolder(folder);
    writeFileSync(path.join(folder, `lock.${await goneProcess()}.tmp`), '{');
    writeFileSync(path.join(folder, 'manifest.json.0a1b2c3d.tmp'), '{');
    job.remove();
    expect(existsSync(folder)).toBe(false);
  });

  it('stays, with what is not ours and with the lock that somebody is making', () => {
    const folder = path.join(scratch(), 'job');
    const job = new JobFolder(folder);
    const others = [`lock.${process.pid}.tmp`, 'lock.tmp', 'manifest.json.tmp', 'notes.txt'];
    for (const name of others) writeFileSync(path.join(folder, name), '');
    job.remove();
    expect(readdirSync(folder).toSorted()).toEqual(others.toSorted());
  });
});
