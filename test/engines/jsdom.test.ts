import type * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import { dense, flatten, pipeline, releaseModels, useEngine, warmUps, type Frame } from 'sluice';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { run } from '../support/balance.ts';
import { frames } from '../support/frames.ts';

// Node with a DOM, as in Jest with jsdom: there is a document, but not every global of Node and of browsers.

beforeEach(async () => {
  await useEngine('cpu');
  vi.stubGlobal('document', {});
  vi.stubGlobal('MessageChannel', undefined);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await releaseModels();
});

it('warms up, and gives the same numbers as without a DOM', async () => {
  const net = pipeline({ inputShape: [1, 1, 1, 2] }, flatten(), dense({ units: 3, seed: 1 }));
  const numbers = map(({ data }: Frame<tf.Tensor>) => [...data.dataSync()]);
  const told: number[] = [];
  const watching = warmUps.subscribe(({ done }) => told.push(done));
  const within = await run(frames(2).pipe(net, numbers));
  watching.unsubscribe();
  expect(told).toEqual([0, 1, 2]);
  vi.unstubAllGlobals();
  await releaseModels();
  expect(within).toEqual(await run(frames(2).pipe(net, numbers)));
  expect(within.values).toHaveLength(2);
});
