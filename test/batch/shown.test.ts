import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sluice, squirrel, tiny } from '../support/sluice.ts';
import { scratch } from '../support/media.ts';
import { long, NETWORK } from '../support/clips.ts';

interface Said {
  readonly type: string;
  readonly [key: string]: unknown;
}

it('--progress json: nothing but JSON objects on stderr, from the start to the end', { timeout: 60_000 }, async () => {
  const files = [tiny(), '/nowhere.mp4', squirrel];
  const { code, stderr } = await sluice(['batch', '--progress', 'json', ...NETWORK, '--workers', '2', ...files]);
  const said = stderr
    .trimEnd()
    .split('\n')
    .map((line): Said => JSON.parse(line));
  expect(code).toBe(1);
  expect(said.find(({ type }) => type === 'start')).toMatchObject({ files: 3, workers: 2 });
  expect(said.filter(({ type }) => type === 'failed')).toEqual([
    { type: 'failed', file: '/nowhere.mp4', message: expect.stringContaining('no such file') },
  ]);
  expect(said.at(-1)).toMatchObject({ type: 'end', files: 3, done: 2, failed: 1, part: 1, frames: 11, labelled: 11 });
});

it('--progress json: an error is one too', { timeout: 60_000 }, async () => {
  const { code, stderr } = await sluice(['batch', '--progress', 'json', '--model', 'nothing', squirrel]);
  expect(code).toBe(2);
  expect(JSON.parse(stderr)).toMatchObject({ type: 'error', message: expect.stringContaining('nothing') });
});

it('the table at the end: files, frames, speed, failures with reasons, the time', { timeout: 60_000 }, async () => {
  const { stderr } = await sluice(['batch', ...NETWORK, '--workers', '1', tiny(), '/nowhere.mp4']);
  expect(stderr).toMatch(/^files +2: 1 labelled, 1 failed *$/m);
  expect(stderr).toMatch(/^frames +10 decoded, 10 labelled, 0 failed *$/m);
  expect(stderr).toMatch(/^speed +\d+\.\d frames\/s, \d+\.\d × real time *$/m);
  expect(stderr).toMatch(/^failed:\n {2}\/nowhere\.mp4: no such file$/m);
  const shares = [...stderr.matchAll(/ ([\d.]+) %$/gm)].map(([, share]) => Number(share));
  expect(shares.length).toBeGreaterThan(4);
  expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100)).toBeLessThan(1);
});

describe('each stage of the network, which runs as one on onnxruntime', { timeout: 60_000 }, () => {
  const STAGES = ['c1', 's2', 'c3', 's4', 'c5', 'flatten', 'f6', 'logits', 'softmax'];
  const NOTE =
    "c1 … softmax: timed as a whole; the shares of its stages are from ONNX Runtime's profile of a few frames";
  const batch = (...more: string[]) =>
    sluice(['batch', ...NETWORK, '--engine', 'onnxruntime', '--workers', '1', '--batch', '1', ...more, long()]);

  it('has its line in the table, which adds up, and on the page, and it is said how', async () => {
    const page = path.join(scratch(), 'report.html');
    const { code, stderr } = await batch('--report', page);
    const html = readFileSync(page, 'utf8');
    expect(code).toBe(0);
    const rows = [...stderr.matchAll(/^(\S.*?) +([\d.]+) +([\d.]+) %$/gm)].map(([, what = '', , share]) => [
      what,
      share,
    ]);
    const names = rows.map(([what]) => what);
    expect(names.slice(names.indexOf('preprocess'))).toEqual([
      'preprocess',
      ...STAGES,
      'classify',
      'write',
      'idle, start and end',
    ]);
    expect(Math.abs(rows.reduce((sum, [, share]) => sum + Number(share), 0) - 100)).toBeLessThan(1);
    expect(stderr).toContain(`(${NOTE})`);
    for (const stage of STAGES) expect(html).toContain(`<td>${stage}</td>`);
    expect(html).toContain(`<p class="soft">${NOTE.replace("'", '&#39;')}</p>`);
    // What a frame takes is known of the whole alone.
    const [time = '', frame = ''] = html.split('<h2>Stages, of each frame</h2>');
    expect(time).not.toContain('<td>c1 … softmax</td>');
    const times = [...frame.matchAll(/<tr><td>([^<]+)<\/td><td class="n">([\d.]+)<\/td><td class="n">([\d.]+)</g)];
    expect(times.map(([, stage]) => stage)).toEqual(['preprocess', 'c1 … softmax', 'classify']);
    for (const [, , p50, p95] of times) expect(Number(p95)).toBeGreaterThanOrEqual(Number(p50));
  });

  it('is in the last line of --progress json', async () => {
    const { stderr } = await batch('--progress', 'json');
    const { milliseconds, profiled } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Record<string, object>;
    expect(Object.keys(milliseconds ?? {})).toEqual(['work', 'write', 'preprocess', ...STAGES, 'classify']);
    expect(profiled).toEqual(['c1 … softmax']);
  });

  it('has not where there are too few frames: then the network has one', async () => {
    const { stderr } = await sluice(['batch', ...NETWORK, '--engine', 'onnxruntime', '--workers', '1', tiny()]);
    expect(stderr).toMatch(/^c1 … softmax +[\d.]+ +[\d.]+ %$/m);
    expect(stderr).not.toMatch(/^c3 |profile/m);
  });

  it('has its own time on wasm, where each runs by itself', async () => {
    const { stderr } = await sluice(['batch', ...NETWORK, '--engine', 'wasm', '--workers', '1', tiny()]);
    for (const stage of STAGES) expect(stderr).toMatch(new RegExp(`^${stage} +[\\d.]+ +[\\d.]+ %$`, 'm'));
    expect(stderr).not.toContain('profile');
  });
});
