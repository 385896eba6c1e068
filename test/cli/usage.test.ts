import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/media.ts';
import { classify, errorsIn, sluice, squirrel } from '../support/sluice.ts';

const whole = 'It must be a whole number of at least 1.';
const time = 'It must be a number of seconds, at least 0.';

describe('wrong usage: exit code 2, one error, no output', () => {
  it.each([
    [['--top', '0'], whole],
    [['--top', '2.5'], whole],
    [['--top', ''], whole],
    [['--top', '1e3'], whole],
    [['--every', '0'], whole],
    [['--fps', '0'], 'It must be a number over 0.'],
    [['--fps', 'Infinity'], 'It must be a number over 0.'],
    [['--min-score', 'high'], 'It must be a number such as 0.5 or -3.'],
    [['--min-score', ''], 'It must be a number such as 0.5 or -3.'],
    [['--min-score', '-Infinity'], 'It must be a number such as 0.5 or -3.'],
    [['--start', '-1'], time],
    [['--start', '1:30'], time],
    [['--end', ''], time],
    [['--start', '5', '--end', '5'], '--start 5 must be before --end 5'],
    [['--fps', '2', '--every', '2'], "option '--fps <n>' cannot be used with option '--every <n>'"],
    [['--sample', 'keyframes', '--every', '2'], "option '--sample <which>' cannot be used with option '--every <n>'"],
    [['--sample', 'scenes', '--every', '2'], "option '--sample <which>' cannot be used with option '--every <n>'"],
    [['--sample', 'scenes', '--fps', '1'], '--sample scenes labels frames after cuts, at no rate: leave out --fps'],
    [['--sample', 'cuts'], 'Allowed choices are keyframes, scenes.'],
    [['--per', 'scene'], '--per scene goes with --sample scenes; --per label joins frames with the same label'],
    [['--scene-threshold', '10'], '--scene-threshold goes with --sample scenes'],
    [['--sample', 'keyframes', '--frames-per-scene', '2'], '--frames-per-scene goes with --sample scenes'],
    [['--sample', 'scenes', '--scene-threshold', '0'], 'It must be a number over 0, at most 100.'],
    [['--sample', 'scenes', '--frames-per-scene', '17'], 'It must be a whole number from 1 to 16.'],
    [['--model', 'vgg'], 'no model and no file is called vgg'],
    [['--model', 'toString'], 'no model and no file is called toString'],
    [['--engine', 'gpu'], 'Allowed choices are auto, onnxruntime, wasm, cpu.'],
    [['--format', 'xml'], 'Allowed choices are ndjson, json, csv, parquet, vtt, srt, coco, mot, yolo.'],
    [['--fit', 'stretch'], 'Allowed choices are cover, contain, fill, digit.'],
    [['--out', ''], '--out needs a file name (- is stdout)'],
    [['--frames', '5'], "unknown option '--frames'"],
  ])('%j', async (options, message) => {
    const { code, stdout, stderr } = await classify([...options, squirrel]);
    expect(errorsIn(stderr)).toEqual([expect.stringContaining(message)]);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('no files', async () => {
    const { code, stderr } = await classify([]);
    expect(errorsIn(stderr)).toEqual(["sluice: error: missing required argument 'files'"]);
    expect(code).toBe(2);
  });

  it('an option without its value', async () => {
    const { code, stderr } = await classify([squirrel, '--top']);
    expect(errorsIn(stderr)).toEqual(["sluice: error: option '--top <n>' argument missing"]);
    expect(code).toBe(2);
  });

  it('no such command', async () => {
    const { code, stderr } = await sluice([squirrel]);
    expect(errorsIn(stderr)).toEqual([`sluice: error: unknown command '${squirrel}'`]);
    expect(stderr).toContain('sluice classify --help');
    expect(code).toBe(2);
  });

  it('no arguments at all: the help', async () => {
    const { code, stdout, stderr } = await sluice([]);
    expect(stderr).toMatch(/^Usage: sluice /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('results that would take the place of a file to be read', async () => {
    const folder = scratch();
    const before = readFileSync(squirrel);
    const { code, stderr } = await classify([squirrel, '--out', path.relative(folder, squirrel)], { cwd: folder });
    expect(errorsIn(stderr)).toEqual([expect.stringContaining('is the input file')]);
    expect(code).toBe(2);
    expect(readFileSync(squirrel).equals(before)).toBe(true);
  });
});

describe('what is asked for goes to stdout, with exit code 0', () => {
  it.each([[['--help']], [['help']], [['-h']]])('%j', async (args) => {
    const { code, stdout, stderr } = await sluice(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: sluice [^]*classify/);
  });

  it.each([[['models', '--help']], [['models', 'pull', '--help']], [['summary', '--help']]])(
    '%j fits a terminal',
    async (args) => {
      const { code, stdout, stderr } = await sluice(args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );

  it.each([[['classify', '--help']], [['help', 'classify']]])('%j', async (args) => {
    const { code, stdout, stderr } = await sluice(args);
    expect([code, stderr]).toEqual([0, '']);
    for (const option of [
      'model',
      'top',
      'min-score',
      'fps',
      'every',
      'start',
      'end',
      'fit',
      'engine',
      'format',
      'out',
      'timings',
      'quiet',
    ]) {
      expect(stdout).toContain(`  --${option}`);
    }
    expect(stdout).toContain('Exit codes:');
    // A plain terminal has no more.
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each(['--version', '-V'])('%s', async (option) => {
    const { version }: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(await sluice([option])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });
});
