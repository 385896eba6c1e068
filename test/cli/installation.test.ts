import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { oldFfmpeg, scratch } from '../support/media.ts';
import { classify, errorsIn, main, parse, sluice, squirrel } from '../support/sluice.ts';

const root = path.resolve(main, '../../..');

/** The package as npm would install it, with the packages it needs but without a bundled ffmpeg, or others. */
function installed(...missing: string[]): { folder: string; command: readonly [string, string] } {
  const folder = scratch();
  cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  mkdirSync(path.join(folder, 'node_modules'));
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === '@ffmpeg-installer' || missing.includes(name) || name.startsWith('.')) continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
  }
  return { folder, command: [process.execPath, path.join(folder, 'dist/cli/main.js')] };
}

describe('without ffmpeg', () => {
  it('anywhere, says how to get one: once, exit code 1, nothing written', async () => {
    const { command } = installed();
    const folder = scratch();
    const out = path.join(folder, 'labels.ndjson');
    const { code, stdout, stderr } = await classify(['--out', out, squirrel, squirrel], {
      command,
      env: { PATH: folder },
    });
    expect(stderr).toMatch(/^sluice: error: no ffmpeg found: install it [^\n]*FFMPEG_PATH[^\n]*\n$/);
    expect([code, stdout, readdirSync(folder)]).toEqual([1, '', []]);
  });

  it('on PATH takes the one that npm installed, and says once that it is old', async () => {
    const command = ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', process.execPath, main] as const;
    const env = { PATH: scratch() };
    const { code, stdout } = await sluice(['classify', '--top', '1', squirrel, squirrel], { command, env });
    expect(stdout.match(/^sluice: warning: .*ffmpeg of 2018/gm)?.length).toBe(1);
    expect(stdout.match(/fox squirrel/g)?.length).toBe(2);
    expect(code).toBe(0);
    // It says nothing of the results, so quiet leaves it out.
    expect(parse((await sluice(['classify', '--quiet', squirrel], { command, env })).stdout).length).toBe(1);
  });

  it.each([
    ['/nowhere/ffmpeg', 'FFMPEG_PATH names /nowhere/ffmpeg, which does not exist'],
    [squirrel, 'which is not an executable file'],
    ['/bin/echo', '/bin/echo (from FFMPEG_PATH) is not an ffmpeg'],
  ])('where FFMPEG_PATH says, %s, is an error that names it', async (file, message) => {
    const { code, stderr } = await classify([squirrel, squirrel], { env: { FFMPEG_PATH: file } });
    expect(errorsIn(stderr)).toEqual([expect.stringContaining(message)]);
    expect(code).toBe(1);
  });

  it('takes the one that --ffmpeg names before any other', async () => {
    const options = ['--quiet', '--ffmpeg', oldFfmpeg, squirrel];
    const { code, lines } = await classify(options, { env: { FFMPEG_PATH: '/nowhere/ffmpeg' } });
    expect([code, lines.length]).toEqual([0, 1]);
  });
});

it.each([
  [
    ['--format', 'parquet'],
    'writing Parquet needs hyparquet-writer, which could not be loaded: npm install hyparquet-writer',
  ],
  [
    ['--annotate', 'x.mp4'],
    'drawing labels needs @napi-rs/canvas, which could not be loaded: npm install @napi-rs/canvas',
  ],
])('without its optional peer %j says how to add it: exit code 1, nothing written', async (options, message) => {
  const { command } = installed('hyparquet-writer', '@napi-rs');
  const folder = scratch();
  const { code, stdout, stderr } = await sluice(['classify', ...options, squirrel], { command, cwd: folder });
  expect(stderr).toMatch(/^sluice: error: [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect([code, stdout, readdirSync(folder)]).toEqual([1, '', []]);
});

it('prints help without loading what computes', async () => {
  const { command } = installed('rxjs', '@tensorflow');
  for (const args of [['--help'], ['batch', '--help']]) {
    const { code, stderr } = await sluice(args, { command });
    expect([code, stderr]).toEqual([0, '']);
  }
});

describe('weights that are damaged: one error that names the file, exit code 1', () => {
  const { folder, command } = installed();
  const weights = path.join(folder, 'dist/pipelines/mobilenet-v1/weights.safetensors');
  const labels = path.join(folder, 'dist/pipelines/mobilenet-v1/labels.json');
  const [wholeWeights, wholeLabels] = [readFileSync(weights), readFileSync(labels)];

  it.each([
    ['missing', () => rmSync(weights), /cannot read .*weights\.safetensors: ENOENT/],
    ['empty', () => truncateSync(weights, 0), /weights\.safetensors is not a valid safetensors file: .*0 bytes/],
    [
      'cut in the header',
      () => truncateSync(weights, 500),
      /weights\.safetensors is not a valid safetensors file: its header should have/,
    ],
    [
      'cut short',
      () => truncateSync(weights, 5_000_000),
      /weights\.safetensors is not a valid safetensors file: its header describes/,
    ],
    ['too long', () => writeFileSync(weights, Buffer.concat([wholeWeights, Buffer.alloc(10)])), /its header describes/],
    ['labels missing', () => rmSync(labels), /cannot read .*labels\.json: ENOENT/],
    ['labels cut short', () => truncateSync(labels, 100), /labels\.json/],
    [
      'labels too few',
      () => writeFileSync(labels, '["background"]'),
      /labels\.json has 1 labels, but mobilenet-v1 gives 1001 scores/,
    ],
  ])('%s', async (_, damage, message) => {
    writeFileSync(weights, wholeWeights);
    writeFileSync(labels, wholeLabels);
    damage();
    const { code, stdout, stderr } = await classify(['--quiet', squirrel], {
      command,
      env: { FFMPEG_PATH: oldFfmpeg },
    });
    expect(errorsIn(stderr)).toEqual([expect.stringMatching(message)]);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([1, '']);
  });
});

it('runs from any folder', async () => {
  const { code, lines } = await classify(['--quiet', path.basename(squirrel)], { cwd: path.dirname(squirrel) });
  expect([code, lines[0]?.source]).toEqual([0, 'squirrel_cls.jpg']);
});
