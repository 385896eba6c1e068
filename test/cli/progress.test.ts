import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { classify, main, Running, sample, squirrel, tiny } from '../support/sluice.ts';

describe('the report', () => {
  it('accounts for the frames, names the engine, and says where the time went', async () => {
    const { stderr } = await classify(['--engine', 'wasm', tiny()]);
    const [progress, account, speed, engine, blank, head, ...rows] = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.includes('ETA'));
    expect(progress).toMatch(/tiny\.mp4: 10 frames, \d+\.\d frames\/s$/);
    expect(account).toMatch(/^frames: 10 produced, 10 delivered, 0 dropped, 0 failed \(1 file, \d+\.\d\d s\)$/);
    expect(speed).toMatch(/^speed: \d+\.\d frames\/s$/);
    expect(engine).toBe('engine: wasm (asked for)');
    expect(blank).toBe('');
    expect(head).toMatch(/^stage +p50 ms +p95 ms +share$/);
    expect(rows.length).toBe(32);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head?.length]));
    let shares = 0;
    for (const row of rows) {
      const [, p50, p95, share] = /^\w+ +(\d+\.\d{3}) +(\d+\.\d{3}) +(\d+\.\d) %$/.exec(row) ?? [];
      expect(Number(p95), row).toBeGreaterThanOrEqual(Number(p50));
      shares += Number(share);
    }
    expect(shares).toBeGreaterThan(98);
    expect(shares).toBeLessThan(102);
  });

  it('has a merged run, and under it its stages with their parts in it', async () => {
    // ONNX Runtime's profile is of the first 14 runs.
    const { stderr } = await classify([tiny(), tiny('other.mp4')]);
    expect(stderr).toContain('\nengine: onnxruntime (the fastest that works here)\n');
    const [, table = ''] = stderr.split('\n\n');
    const rows = table.trimEnd().split('\n').slice(1, -1);
    const share = (row = '') => Number(/(\d+\.\d) %$/.exec(row)?.[1]);
    const sum = (of: readonly string[]) => of.reduce((total, row) => total + share(row), 0);
    const [inside, outside] = [rows.filter((row) => row.startsWith('  ')), rows.filter((row) => !row.startsWith('  '))];
    expect(outside.map((row) => row.split(/  +/)[0])).toEqual(['preprocess', 'conv0 … softmax', 'classify']);
    expect(inside.length).toBe(30);
    expect(Math.abs(sum(outside) - 100)).toBeLessThan(0.5);
    expect(Math.abs(sum(inside) - share(outside[1]))).toBeLessThan(2);
    expect(table.trimEnd()).toMatch(
      /\n\(conv0 … softmax: timed as a whole; the shares of its stages are from .* a few frames\)$/,
    );
  });

  it('is left out with --quiet: nothing on stderr', async () => {
    expect(await classify(['--quiet', squirrel])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('progress in a log', () => {
  it('is a line for each video that is through, and for none of the pictures', async () => {
    const { stderr } = await classify(['--every', '5', squirrel, tiny(), squirrel, tiny()]);
    // On a busy machine the line that comes every five seconds may come too.
    const lines = stderr.split('\n').filter((line) => line.startsWith('[') && !line.includes('ETA'));
    expect(lines).toEqual([
      expect.stringMatching(/^\[2\/4\] .*tiny\.mp4: 10 frames, \d+\.\d frames\/s$/),
      expect.stringMatching(/^\[4\/4\] .*tiny\.mp4: 10 frames, \d+\.\d frames\/s$/),
    ]);
    expect(stderr).not.toContain('\u001b');
  });

  it('is a line every five seconds while a video goes on', async () => {
    // On the slowest engine: the clip must take longer than that.
    const run = new Running(['classify', '--engine', 'cpu', '--top', '1', sample]);
    const line = /^\S+cockatoo\.mp4: (\d+) frames \((\d+) %\), \d+\.\d frames\/s, ETA \d+ (?:min|s)/m;
    await run.until(() => line.test(run.stderr), 'a line');
    run.child.kill('SIGTERM');
    const [, frames, percent] = line.exec((await run.ended).stderr) ?? [];
    expect(Number(percent)).toBe(Math.floor((100 * Number(frames)) / 280));
  });
});

/** util-linux's `script` gives a command a terminal; macOS's takes other arguments. */
const script = spawnSync('script', ['-qec', 'exit 7', '/dev/null'], { stdio: 'ignore' }).status === 7;

/** A command as it runs on a terminal of so many columns; both of its outputs come as stdout. */
function onTerminal(args: string, columns = 80): Running {
  const command = `stty cols ${columns}; '${process.execPath}' '${main}' classify ${args}`;
  return new Running([], { command: ['script', '-qec', command, '/dev/null'], stdin: 'pipe' });
}

describe.skipIf(!script)('progress on a terminal', () => {
  const SHOW = '\u001b[?25h';
  const HIDE = '\u001b[?25l';

  it('is a bar that is gone at the end', async () => {
    const out = path.join(scratch(), 'out');
    const { code, stdout } = await onTerminal(`--every 2 --end 3 '${sample}' > '${out}'`).ended;
    expect(code).toBe(0);
    expect(readFileSync(out, 'utf8').split('\n').length).toBe(31);
    const drawn = stripVTControlCharacters(stdout).match(
      /cockatoo\.mp4 █*░+ +\d+ % {2}\d+\/60 frames {2}\d+\.\d frames\/s {2}ETA (?:–|\d+ s)/g,
    );
    expect(drawn?.length, stdout).toBeGreaterThan(1);
    // The line is cleared and the cursor that was hidden is back before the report takes the bar's place.
    const report = stdout.indexOf('frames: 60 produced');
    expect(stdout.slice(stdout.lastIndexOf('ETA'), report)).toContain('\u001b[2K');
    expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE));
  });

  it('makes room for errors', async () => {
    const { code, stdout } = await onTerminal(`--every 5 '${tiny()}' /nowhere.mp4 '${tiny()}' > /dev/null`).ended;
    expect(code).toBe(1);
    const [, before = ''] = /([^\n]*)sluice: error: \/nowhere\.mp4: no such file\r?\n/.exec(stdout) ?? [];
    expect(before === '' || before.endsWith('\u001b[2K'), JSON.stringify(stdout)).toBe(true);
    expect(stripVTControlCharacters(stdout)).toContain('[3/3] tiny.mp4 ');
  });

  it('is left to the results where they are on the same terminal', async () => {
    const { stdout } = await onTerminal(`--every 5 '${tiny()}'`).ended;
    expect(stdout).toMatch(/^\{"source":/m);
    expect(stdout).not.toContain('ETA');
    expect(stdout).toContain('frames: 10 produced');
  });

  it('ends well with Ctrl-C', async () => {
    const run = onTerminal(`'${sample}' > /dev/null`);
    await run.until(() => / 1?[1-9] %/.test(run.stdout), 'a bar');
    run.child.stdin?.write('\u0003');
    const { code, stdout } = await run.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/sluice: interrupted\r?\nframes: /);
    expect(stdout).not.toContain('error');
    expect(stdout.lastIndexOf(SHOW)).toBeGreaterThan(stdout.lastIndexOf(HIDE));
  });
});
