import * as tf from '@tensorflow/tfjs-core';
import { map } from 'rxjs';
import {
  frameSource,
  conv2d,
  markDelivered,
  pipeline,
  preprocess,
  ShapeError,
  StageError,
  useEngine,
  WeightsError,
  type Pixels,
  type Source,
} from 'sluice';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../support/balance.ts';
import { arrivals, failing } from '../support/frames.ts';
import { spy, shapes, seqs, type AnyFrame } from '../support/spy-stage.ts';

beforeAll(() => useEngine('wasm'));

describe('a shape that does not fit', () => {
  const needsFour = spy('four', (input) => {
    if (input[1] !== 4) throw new ShapeError(`needs [batch, 4], but got [${input.join(', ')}]`);
    return input;
  });

  it('is found before anything is computed, and names the stage, what it needs and what came', () =>
    leakFree(async () => {
      const first = spy('first');
      const source = shapes([
        [1, 3],
        [1, 4],
      ]);
      const { values, error } = await run(source.pipe(first.made, needsFour.made));
      expect(values).toEqual([]);
      expect(error).toBeInstanceOf(ShapeError);
      expect(error).toMatchObject({ code: 'shape', stage: 'four', frame: { source: 'shapes', seq: 0 } });
      expect((error as Error).message).toBe('four needs [batch, 4], but got [1, 3]');
      expect(first.log).toEqual([]);
      expect(closedAccount(source)).toEqual({ produced: 1, delivered: 0, discarded: 0, failed: 1 });
    }));

  it('under skip loses its frame only; the kernels of the others stay', () =>
    leakFree(async () => {
      const first = spy('first');
      const source = shapes(
        [
          [1, 4],
          [1, 3],
          [1, 4],
          [1, 5],
        ],
        { onError: 'skip' },
      );
      const failures: unknown[] = [];
      source.failures.subscribe(({ label, error }) => failures.push([label.seq, error.message]));
      const { values, completed } = await run(source.pipe(first.made, needsFour.made, markDelivered(), seqs));
      expect([values, completed]).toEqual([[0, 2], true]);
      expect(failures).toEqual([
        [1, 'four needs [batch, 4], but got [1, 3]'],
        [3, 'four needs [batch, 4], but got [1, 5]'],
      ]);
      expect(first.log).toEqual(['build 1×4', 'run 1×4', 'run 1×4']);
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 2, discarded: 0, failed: 2 });
    }));

  it('names the second of two alike by its own name', async () => {
    const { error } = await run(
      shapes([[1, 4]]).pipe(
        needsFour.made,
        needsFour.made.named('four'),
        spy('other', () => [1, 9]).made,
        needsFour.made,
      ),
    );
    expect(error).toMatchObject({ stage: 'four_2', message: 'four_2 needs [batch, 4], but got [1, 9]' });
  });

  it.each([
    ['a text', 'frame', '"frame"'],
    ['a number', 5, '5'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an array', [1, 2], '[1, 2]'],
    ['an object', {}, 'an object'],
  ])('or no shape at all: %s', async (_, data, told) => {
    const odd = [{ data: data as unknown as tf.Tensor, timestamp: 0 }];
    const stop = frameSource(odd, { source: 'odd' });
    const { error } = await run(stop.pipe(spy().made));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({
      stage: 'spy',
      frame: { seq: 0 },
      message: `spy needs a tensor or a picture, but got ${told}`,
    });
    const skip = frameSource(odd, { source: 'odd', onError: 'skip' });
    expect((await run(skip.pipe(spy().made))).completed).toBe(true);
    expect(closedAccount(skip)).toMatchObject({ produced: 1, failed: 1 });
  });
});

describe('a declared input shape', () => {
  it('is built and run once with zeros, before the source is asked for its first frame', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const asked = frameSource(
        {
          *[Symbol.iterator]() {
            log.push('asked');
            yield { data: tf.zeros([1, 2, 2, 1]), timestamp: 0 };
          },
        },
        { source: 'test' },
      );
      const net = pipeline({ inputShape: [1, 2, 2, 1] }, made);
      const { values } = await run(asked.pipe(net as unknown as AnyFrame, seqs));
      expect(values).toEqual([0]);
      // What ran on zeros is not what sees the frames.
      expect(log).toEqual(['build 1×2×2×1', 'run 1×2×2×1', 'asked', 'build 1×2×2×1', 'run 1×2×2×1']);
    }));

  it('in the middle of a pipe warms up what comes from there on', () =>
    leakFree(async () => {
      const [before, inside] = [spy('before'), spy('inside')];
      const source = shapes([[1, 2]]);
      const stream = source.pipe(before.made, pipeline({ inputShape: [1, 2] }, inside.made) as unknown as AnyFrame);
      const subscription = stream.subscribe();
      expect([before.log, inside.log]).toEqual([[], ['build 1×2', 'run 1×2']]);
      await idle();
      expect(before.log).toEqual(['build 1×2', 'run 1×2']);
      expect(inside.log).toEqual(['build 1×2', 'run 1×2', 'build 1×2', 'run 1×2']);
      subscription.unsubscribe();
    }));

  it('of pictures is warmed up with a picture', () =>
    leakFree(async () => {
      const net = pipeline(
        { inputShape: [1, 6, 8, 4] },
        preprocess({ width: 4, height: 4, range: [0, 1] }),
        conv2d({ filters: 1, kernelSize: 4, seed: 1 }),
      );
      const pixels: Pixels = { width: 8, height: 6, channels: 4, data: new Uint8Array(192).fill(255) };
      const { values, error } = await run(
        frameSource([{ data: pixels, timestamp: 0 }], { source: 'test' }).pipe(
          net,
          map(({ data }) => data.shape),
        ),
      );
      expect(error).toBeUndefined();
      expect(values).toEqual([[1, 1, 1, 1]]);
    }));

  it('that is not what comes is a ShapeError, however well the stages could take it', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const { error } = await run(shapes([[1, 3]]).pipe(pipeline({ inputShape: [1, 2] }, made) as unknown as AnyFrame));
      expect(error).toBeInstanceOf(ShapeError);
      expect((error as Error).message).toMatch(/declared for \[1, 2\], but got \[1, 3\]/);
      expect(log).toEqual(['build 1×2', 'run 1×2']);
    }));

  it('holds for any batch', async () => {
    const { values } = await run(
      shapes([[7, 2]]).pipe(pipeline({ inputShape: [1, 2] }, spy().made) as unknown as AnyFrame, seqs),
    );
    expect(values).toEqual([0]);
  });

  it('whose warm-up fails ends the stream before the source is opened', () =>
    leakFree(async () => {
      const opened = vi.fn(() => arrivals(1));
      const net = pipeline({ inputShape: [1, 1, 1, 2] }, failing(0));
      const { error } = await run(frameSource({ [Symbol.iterator]: opened }, { source: 'test' }).pipe(net));
      expect(error).toBeInstanceOf(StageError);
      expect((error as Error).message).toContain('warm-up');
      await idle();
      expect(opened).not.toHaveBeenCalled();
    }));
});

describe('weights that are missing', () => {
  it.each(['stop', 'skip'] as const)('end the stream at the first frame, once, also under %s', (onError) =>
    leakFree(async () => {
      const source = shapes(
        [
          [1, 4, 4, 1],
          [1, 4, 4, 1],
          [1, 4, 4, 1],
        ],
        { onError },
      );
      const failures = vi.fn();
      source.failures.subscribe(failures);
      const net = pipeline(conv2d({ filters: 2, kernelSize: 2, seed: 1 }), conv2d({ filters: 2, kernelSize: 2 }));
      const { values, error } = await run((source as Source<tf.Tensor4D>).pipe(net));
      expect(values).toEqual([]);
      expect(error).toBeInstanceOf(WeightsError);
      expect(error).toMatchObject({ code: 'weights', stage: 'conv2d_1' });
      expect(failures).not.toHaveBeenCalled();
      expect(closedAccount(source)).toEqual({ produced: 1, delivered: 0, discarded: 1, failed: 0 });
    }),
  );

  it('with a declared shape end it before the source is opened', async () => {
    const source = shapes([[1, 4, 4, 1]]);
    const net = pipeline({ inputShape: [1, 4, 4, 1] }, conv2d({ filters: 2, kernelSize: 2 }));
    const { error } = await run((source as Source<tf.Tensor4D>).pipe(net));
    expect(error).toBeInstanceOf(WeightsError);
    expect(closedAccount(source)).toMatchObject({ produced: 0 });
  });
});
