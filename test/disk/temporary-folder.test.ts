import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshProcess } from '../support/fresh-process.ts';
import { scratch } from '../support/media.ts';
import { sample } from '../support/sluice.ts';

// Temporary folders do not outlive their process, and at the latest the next one removes them.

/** Labels a file without --job, and does this at the first result. */
const labelling = (next: string, before = ''): string => `
import { labelFiles } from 'sluice/node';
${before}
labelFiles([${JSON.stringify(sample)}], { model: 'lenet5', seed: 1, fit: 'contain', workers: 2 }).subscribe({ next() { ${next} } });
`;

const folderOnly = (kind: string, then: string): string => `
import { makeTemporaryFolder } from './dist/disk/temporary-folder.js';
const folder = makeTemporaryFolder(${JSON.stringify(kind)});
${then}
`;

async function run(script: string, TMPDIR = scratch()) {
  const ended = await freshProcess(script, { env: { TMPDIR } });
  const left = () => readdirSync(TMPDIR);
  return { ...ended, left };
}

describe('a job without --job leaves no folder', { timeout: 60_000 }, () => {
  it.each([
    ['after Ctrl-C', `process.kill(process.pid, 'SIGINT')`, null],
    ['after SIGTERM', `process.kill(process.pid, 'SIGTERM')`, null],
    ['after process.exit', 'process.exit(3)', 3],
    ['after a subscriber threw', `throw new Error('mine')`, 1],
  ])('%s', async (_, next, code) => {
    const ended = await run(labelling(next));
    expect(ended.code).toBe(code);
    // The worker processes notice the end a moment later.
    await expect.poll(ended.left, { timeout: 20_000 }).toEqual([]);
  });

  it('after a signal that the program handles, and it goes on', async () => {
    const handles = `process.once('SIGINT', () => process.stdout.write('mine '));`;
    const script = labelling(
      `if (!sent) process.kill(process.pid, 'SIGINT'); sent = true;`,
      `let sent = false; ${handles}`,
    );
    const ended = await run(`${script}process.on('exit', (code) => process.stdout.write('ended ' + code));`);
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([0, 'mine ended 0', '']);
    await expect.poll(ended.left, { timeout: 20_000 }).toEqual([]);
  });
});

describe('the folder of a process that was killed', () => {
  const killed = folderOnly('job', `process.stdout.write(folder.path); process.kill(process.pid, 'SIGKILL');`);

  it('is removed by the next process that makes one', async () => {
    const where = scratch();
    const { left } = await run(killed, where);
    expect(left()).toEqual([expect.stringMatching(/^sluice-job-[0-9a-f]{8}-\d+-\w{6}$/)]);
    const { code, stderr } = await run(folderOnly('picture', ''), where);
    expect([code, stderr, left()]).toEqual([0, '', []]);
  });

  it('is not that of a process that runs, of another machine, or a folder of another name', async () => {
    const where = scratch();
    const { stdout } = await run(killed, where);
    const [, machine = ''] = /sluice-job-(\w+)-/.exec(stdout) ?? [];
    const kept = [
      `sluice-job-${machine}-${process.pid}-abcdef`,
      'sluice-job-00000000-999999999-abcdef',
      'sluice-job-mine',
      `sluice-else-${machine}-999999999-abcdef`,
    ];
    for (const name of kept) mkdirSync(path.join(where, name));
    const { left } = await run(folderOnly('picture', ''), where);
    expect(left().toSorted()).toEqual(kept.toSorted());
  });

  it('is removed as a link, if it is one: what it leads to stays', async () => {
    const where = scratch();
    const target = scratch();
    writeFileSync(path.join(target, 'mine'), 'mine');
    const { stdout } = await run(killed, where);
    const [, machine = ''] = /sluice-job-(\w+)-/.exec(stdout) ?? [];
    symlinkSync(target, path.join(where, `sluice-job-${machine}-999999999-abcdef`));
    const { left } = await run(folderOnly('picture', ''), where);
    expect([left(), readFileSync(path.join(target, 'mine'), 'utf8')]).toEqual([[], 'mine']);
  });
});

it('a temporary folder that is not there is one line that names it', async () => {
  const script = folderOnly('job', '').replace(
    'const folder',
    'process.on("uncaughtException", (e) => console.log(e.code, e.message));\nconst folder',
  );
  const { stdout } = await freshProcess(
    script.replace(`makeTemporaryFolder("job")`, `(process.env.TMPDIR = '/nowhere', makeTemporaryFolder('job'))`),
  );
  expect(stdout).toMatch(/^output cannot make a temporary folder in \/nowhere: ENOENT.*: set TMPDIR\n$/);
});
