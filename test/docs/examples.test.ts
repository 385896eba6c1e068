import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { config } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameSource, dense, flatten, pipeline, softmax, useEngine } from 'sluice';
import { guideFiles } from './guide-files.ts';
import { runSnippet } from './run-snippet.ts';
import { blocksIn, examplesIn } from './snippets.ts';

const root = process.cwd();
const guides = ['README.md', ...(existsSync('docs') ? readdirSync('docs').map((file) => `docs/${file}`) : [])];
const snippets = [
  // Those of what only browsers have run there: test/browser/examples.test.ts.
  ...examplesIn('src').filter(({ where }) => !/\/(browser|worker)\//.test(where)),
  ...examplesIn('pipelines'),
  ...guides.filter((file) => file.endsWith('.md')).flatMap((file) => blocksIn(file)),
];

/** Lists may be written with or without spaces inside their brackets. */
function unspaced(text: string): string {
  return text.replaceAll('[ ', '[').replaceAll(' ]', ']');
}

/** What the examples take for granted; made anew for each. */
function given(): Record<string, unknown> {
  const frames = [0, 1, 2].map((i) => ({ data: tf.zeros([1, 8, 8, 3]), timestamp: i * 1e6 }));
  return {
    arrivals: [0, 1].map((i) => ({ data: tf.zeros([1, 8, 8, 3]), timestamp: i })),
    source: frameSource(frames, { source: 'given' }),
    net: pipeline(flatten(), dense({ units: 2, seed: 1 }), softmax()),
    labels: ['cat', 'dog'],
    result: { source: 'clip.mp4', seq: 0, timestamp: 0, classes: [], timings: [], latencyMs: 1 },
    draw: () => undefined,
  };
}

const unhandled: unknown[] = [];

describe('the examples in the documentation', () => {
  let folder = '';
  beforeAll(async () => {
    config.onUnhandledError = (error: unknown) => unhandled.push(error);
    await useEngine('wasm');
    folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'));
    guideFiles(folder);
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(root);
    rmSync(folder, { recursive: true, force: true });
  });

  it('are found', () => {
    expect(snippets.length).toBeGreaterThan(20);
  });

  it.each(snippets)('$where', async (snippet) => {
    // What is not public is in scope where it is documented.
    const [file = ''] = snippet.where.split(':');
    const own = file.endsWith('.ts') ? ((await import(join(root, file))) as object) : {};
    const printed = await runSnippet(snippet, { ...own, ...given() });
    // What goes wrong in a subscription comes a little later.
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(unhandled.splice(0)).toEqual([]);
    expect(printed.slice(0, snippet.prints.length).map(unspaced)).toEqual(snippet.prints.map(unspaced));
  });
});
