import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  classify,
  ffmpegsOf,
  main,
  parse,
  Running,
  sample,
  sluice,
  squirrel,
  ticksOf,
  tiny,
  untilGone,
  withoutProgress,
} from '../support/sluice.ts';

const linux = process.platform === 'linux';
const shell = (script: string): readonly [string, ...string[]] => [
  'bash',
  '-c',
  script,
  'bash',
  process.execPath,
  main,
];

async function into<T>(file: string, use: (descriptor: number) => Promise<T>): Promise<T> {
  const descriptor = openSync(file, 'w');
  try {
    return await use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

describe('stdout', () => {
  it('closed early ends the run quietly with exit code 0, and the decoder with it', async () => {
    const run = new Running(['classify', '--top', '1', sample]);
    await run.untilLines(1);
    const ffmpegs = linux ? ffmpegsOf(run.pid) : [];
    run.child.stdout?.destroy();
    const { code, stderr } = await run.ended;
    expect([code, withoutProgress(stderr)]).toEqual([0, '']);
    await untilGone(ffmpegs, 5);
  });

  it('| head -1 gets one line', async () => {
    const { stdout, stderr } = await sluice(['classify', '--top', '1', sample], {
      command: shell('"$@" | head -1; echo "${PIPESTATUS[0]}"'),
    });
    const [line = '', code] = stdout.split('\n');
    expect(parse(`${line}\n`)[0]?.seq).toBe(0);
    expect([code, withoutProgress(stderr)]).toEqual(['0', '']);
  });

  it('| true, with the only line still to come, is quiet as well', async () => {
    const { stdout, stderr } = await sluice(['classify', '--quiet', squirrel], {
      command: shell('"$@" | true; echo "${PIPESTATUS[0]}"'),
    });
    expect([stdout, stderr]).toEqual(['0\n', '']);
  });

  it.skipIf(!linux).each([[squirrel], [tiny()]])('on a full disk is one error, exit code 1: %s', async (file) => {
    const { code, stderr } = await into('/dev/full', (stdout) => classify(['--quiet', file], { stdout }));
    expect(stderr).toBe('sluice: error: cannot write to stdout: ENOSPC: no space left on device, write\n');
    expect(code).toBe(1);
  });

  it.skipIf(!linux)('on a full disk fails --help as well', async () => {
    const { code, stderr } = await into('/dev/full', (stdout) => sluice(['--help'], { stdout }));
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(1);
  });

  it.skipIf(!linux)('that nobody reads holds the file back, and loses nothing', async () => {
    // 60 KB a line: more than a pipe holds after a few.
    const run = new Running(['classify', '--top', '1001', tiny('held.mp4'), tiny('held.mp4'), tiny('held.mp4')]);
    run.child.stdout?.pause();
    await run.until(() => ffmpegsOf(run.pid).length > 0, 'an ffmpeg');
    await untilIdle(run.pid);
    expect(run.stderr).not.toContain('delivered');
    run.child.stdout?.resume();
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(parse(stdout).length).toBe(30);
    expect(stderr).toContain('frames: 30 produced, 30 delivered, 0 dropped, 0 failed');
  });
});

describe('stderr', () => {
  it('closed early costs no results', async () => {
    const { stdout } = await sluice(['classify', '--top', '1', '/nowhere.mp4', tiny(), squirrel], {
      command: shell('{ "$@" 2>&3 | cat; echo "${PIPESTATUS[0]}"; } 3> >(true)'),
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.pop()).toBe('1');
    expect(lines.length).toBe(11);
  });

  it.skipIf(!linux)('on a full disk costs no results', async () => {
    const { code, lines } = await into('/dev/full', (stderr) => classify(['--top', '1', squirrel], { stderr }));
    expect([code, lines.length]).toEqual([0, 1]);
  });
});

/** Resolves when a process has used no CPU for half a second; fails after 15. */
async function untilIdle(pid: number): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (let before = -1, quiet = 0; quiet < 5; before = ticksOf(pid)) {
    await wait(100);
    // A collector's helper thread may tick once.
    quiet = ticksOf(pid) - before <= 1 ? quiet + 1 : 0;
    if (performance.now() > deadline) throw new Error('the run does not stand still');
  }
}
