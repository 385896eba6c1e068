import path from 'node:path';
import { dense, flatten, modelFrom, pipeline, softmax, transfer, useEngine } from 'sluice';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { measureHead } from '../../src/cli/commands/measure-head.ts';
import { trainHead } from '../../src/cli/commands/train-head.ts';
import { HEAD_DEFAULTS } from '../../src/cli/commands/train-options.ts';
import { FeatureStore } from '../../src/datasets/feature-store.ts';
import { scratch } from '../support/media.ts';

const net = pipeline({ inputShape: [1, 8, 8, 1] }, flatten(), dense({ units: 2 }), dense({ units: 3 }), softmax());
const base = await modelFrom(net, { width: 8, height: 8, channels: 1, range: [0, 1] }, { seed: 1 });
const cut = transfer(base, ['left', 'right']);

let store: FeatureStore;
beforeEach(async () => {
  await useEngine('cpu');
  store = new FeatureStore(path.join(scratch(), 'features.f32'), 2);
});
afterEach(() => store.close());

/** A frame of each class in each of two files, with numbers of their own. */
const rows = () =>
  [0, 1, 2, 3].map((place) => {
    store.add([place % 2, 1 - (place % 2)]);
    const [seq, timestamp] = [30 * (place + 1), 1e6 * (place + 1)];
    return { place, source: place < 2 ? 'a.mp4' : 'b.mp4', seq, timestamp, target: place % 2 };
  });

describe('trainHead', () => {
  const train = (signal: AbortSignal, onEpoch: (epoch: number) => void) =>
    trainHead(cut, { store, learned: rows(), heldOut: [] }, { ...HEAD_DEFAULTS, signal }, (row) => onEpoch(row.epoch));

  it('does not begin where its signal was aborted before', async () => {
    const [read, onEpoch] = [vi.spyOn(store, 'read'), vi.fn()];
    const reason = new Error('enough');
    await expect(train(AbortSignal.abort(reason), onEpoch)).rejects.toBe(reason);
    expect(read).not.toHaveBeenCalled();
    expect(onEpoch).not.toHaveBeenCalled();
  });

  it('ends when its signal is aborted', async () => {
    const controller = new AbortController();
    const epochs: number[] = [];
    const training = train(controller.signal, (epoch) => {
      epochs.push(epoch);
      if (epoch === 2) controller.abort();
    });
    await expect(training).rejects.toMatchObject({ name: 'AbortError' });
    expect(epochs).toEqual([1, 2]);
  });
});

describe('measureHead', () => {
  it('names mistakes by the number and the time of the frame in its file', async () => {
    // Weights of 0 know no better than the first class.
    const { frames, sources, mistakes } = await measureHead(cut, cut.head, store, rows());
    expect({ frames, sources }).toEqual({ frames: 4, sources: 2 });
    expect(mistakes.map(({ source, seq, timestamp, target }) => [source, seq, timestamp, target])).toEqual([
      ['a.mp4', 60, 2e6, 1],
      ['b.mp4', 120, 4e6, 1],
    ]);
  });
});
