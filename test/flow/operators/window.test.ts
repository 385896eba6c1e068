import * as tf from '@tensorflow/tfjs-core';
import { map, Subject, take, tap } from 'rxjs';
import type { Frame, Source, WindowOptions } from 'sluice';
import {
  batch,
  dense,
  flatten,
  frameSource,
  graphModel,
  markDelivered,
  OptionError,
  pipeline,
  sampleFrames,
  ShapeError,
  StageError,
  unbatch,
  useEngine,
  window,
  type Arrival,
} from 'sluice';
import { inVirtualTime, fakeCamera, takes } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { arrival, failing, frames } from '../../support/frames.ts';
import { through, type Tensors } from '../../support/batched.ts';
import { KERNEL, writtenGraph, type GraphJson } from '../../models/graph/written-graph.ts';

type GraphNode = GraphJson['modelTopology']['node'][number];

beforeAll(() => useEngine('wasm'));

const filled = (shape: number[], value: number, dtype?: tf.DataType) => tf.fill(shape, value, dtype);

/** The first value of each frame of a window, which is its number. */
const members = map(({ data }: Frame<tf.Tensor>) => {
  const [numbers, [, frames = 1]] = [data.dataSync(), data.shape];
  return Array.from({ length: frames }, (_, i) => numbers[(i * numbers.length) / frames]);
});

describe('window', () => {
  it.each<[WindowOptions, number, number[][]]>([
    [
      { size: 3 },
      7,
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      { size: 3, padEnd: true },
      7,
      [
        [0, 1, 2],
        [3, 4, 5],
        [6, 6, 6],
      ],
    ],
    [
      { size: 3, padEnd: true },
      6,
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ],
    [
      { size: 3, hop: 1 },
      5,
      [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
      ],
    ],
    [
      { size: 3, hop: 1, padEnd: true },
      5,
      [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
      ],
    ],
    [
      { size: 4, hop: 2 },
      7,
      [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
      ],
    ],
    [
      { size: 4, hop: 2, padEnd: true },
      7,
      [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [4, 5, 6, 6],
      ],
    ],
    [
      { size: 2, hop: 3 },
      7,
      [
        [0, 1],
        [3, 4],
      ],
    ],
    [
      { size: 2, hop: 3, padEnd: true },
      7,
      [
        [0, 1],
        [3, 4],
        [6, 6],
      ],
    ],
    [
      { size: 2, hop: 3, padEnd: true },
      6,
      [
        [0, 1],
        [3, 4],
      ],
    ],
    [{ size: 1 }, 3, [[0], [1], [2]]],
    [{ size: 1, hop: 5 }, 7, [[0], [5]]],
    [{ size: 8 }, 7, []],
    [{ size: 8, padEnd: true }, 3, [[0, 1, 2, 2, 2, 2, 2, 2]]],
    [{ size: 3, padEnd: true }, 0, []],
  ])('%j of %i frames', async (options, count, expected) => {
    const { values, completed, account } = await through((source) => source.pipe(window(options), members), { count });
    expect([values, completed]).toEqual([expected, true]);
    expect(account).toMatchObject({ produced: count, discarded: count });
  });

  it('has one dimension more, and the label of its newest frame', async () => {
    const { values } = await through((source) =>
      source.pipe(
        window({ size: 3, hop: 2 }),
        map(({ data, label }) => [data.shape, label.seq, label.timestamp]),
      ),
    );
    expect(values).toEqual([2, 4, 6].map((seq) => [[1, 3, 1, 1, 2], seq, seq * 40_000]));
  });

  it('delivers the frames of each window that arrives, and discards those of none', async () => {
    const pipe = (source: Tensors) => source.pipe(window({ size: 4, hop: 2 }), markDelivered());
    const { account } = await through(pipe);
    expect(account).toEqual({ produced: 7, delivered: 6, discarded: 1, failed: 0 });
  });

  it('begins again with each source, shape and type, and keeps nothing of what was before', async () => {
    const shapes: readonly (readonly [string, tf.Tensor])[] = [
      ...[1, 2, 3].map((k) => ['a', filled([1, 2], k)] as const),
      ...[4, 5].map((k) => ['b', filled([1, 2], k)] as const),
      ...[6, 7].map((k) => ['b', filled([1, 3], k)] as const),
      ...[8, 9, 10].map((k) => ['b', filled([1, 3], k, 'int32')] as const),
    ];
    const list = shapes.map(([source, data], k): Arrival<tf.Tensor> => ({ data, timestamp: k, source }));
    const all = (padEnd: boolean) =>
      run(
        frameSource(
          list.map((one) => ({ ...one, data: one.data.clone() })),
          { source: 'test', maxInFlight: 4 },
        ).pipe(window({ size: 2, padEnd }), members),
      );
    await leakFree(async () => {
      expect((await all(false)).values).toEqual([
        [1, 2],
        [4, 5],
        [6, 7],
        [8, 9],
      ]);
      expect((await all(true)).values).toEqual([
        [1, 2],
        [3, 3],
        [4, 5],
        [6, 7],
        [8, 9],
        [10, 10],
      ]);
    });
    tf.dispose(shapes.map(([, data]) => data));
  });

  it('begins again with another shape among the frames that are left out', async () => {
    await leakFree(async () => {
      const list = [1, 1, 1, 2, 2, 2].map((size, k): Arrival<tf.Tensor> => ({
        data: filled([1, size], k),
        timestamp: k,
      }));
      const source = frameSource(list, { source: 'test', maxInFlight: 4 });
      const { values } = await run(source.pipe(window({ size: 2, hop: 5 }), members));
      expect(values).toEqual([
        [0, 1],
        [3, 4],
      ]);
    });
  });

  it('leaves out frames between windows of one source only', async () => {
    await leakFree(async () => {
      const list = ['a', 'a', 'b', 'b'].map((source, k) => ({ ...arrival(k), source }));
      const source = frameSource(list, { source: 'test', maxInFlight: 4 });
      expect((await run(source.pipe(window({ size: 1, hop: 10 }), members))).values).toEqual([[0], [2]]);
    });
  });

  it('that nobody waits for any more frees its frames', async () => {
    const { values, account } = await through((source) => source.pipe(window({ size: 3, hop: 1 }), members, take(1)));
    expect(values).toEqual([[0, 1, 2]]);
    expect(account.produced).toBe(account.discarded);
    await leakFree(async () => {
      const pushed = new Subject<Arrival<tf.Tensor4D>>();
      const source = frameSource(pushed, { source: 'test', maxInFlight: 4 });
      const subscription = source.pipe(window({ size: 4 })).subscribe();
      await idle();
      for (const k of [0, 1, 2]) pushed.next(arrival(k));
      subscription.unsubscribe();
      expect(closedAccount(source)).toMatchObject({ produced: 3, discarded: 3 });
    });
  });

  it('ends with an error of the stream before it', async () => {
    await leakFree(async () => {
      const pushed = new Subject<Arrival<tf.Tensor4D>>();
      const source = frameSource(pushed, { source: 'test', maxInFlight: 4 });
      const errors: unknown[] = [];
      source.pipe(window({ size: 3, padEnd: true }), members).subscribe({ error: (error) => errors.push(error) });
      await idle();
      pushed.next(arrival(0));
      pushed.error(new Error('unplugged'));
      await idle();
      expect(errors).toHaveLength(1);
      expect(closedAccount(source)).toMatchObject({ produced: 1, discarded: 1 });
    });
  });

  it('goes through a stage that fails: all its frames fail, and the next window has those that are in it', async () => {
    const pipe = (source: Tensors) =>
      source.pipe(
        window({ size: 3, hop: 2 }),
        failing(2) as never,
        markDelivered(),
        map(({ label }) => label.seq),
      );
    const stopped = await through<number>(pipe);
    expect(stopped.values).toEqual([2]);
    expect(stopped.error).toBeInstanceOf(StageError);
    const skipped = await through<number>(pipe, { onError: 'skip' });
    expect(skipped.values).toEqual([2, 6]);
    expect(skipped.account).toEqual({ produced: 7, delivered: 4, discarded: 0, failed: 3 });
    expect(skipped.failures.toSorted()).toEqual([2, 3, 4].map((seq) => `${seq} failing stage-failed`));
  });

  it('fails each frame once, however many of its windows fail', async () => {
    const pipe = (source: Tensors) => source.pipe(window({ size: 4, hop: 1 }), failing(0, 1, 2, 3) as never);
    const { failures } = await through(pipe, { onError: 'skip' });
    expect(failures).toHaveLength(new Set(failures).size);
    expect(failures).toHaveLength(7);
  });

  it('may be taken further by operators that keep it', async () => {
    const { values } = await through((source) => {
      const kept: Frame<tf.Tensor>[] = [];
      return source.pipe(
        window<tf.Tensor4D>({ size: 2, hop: 1 }),
        tap((frame) => kept.push(frame.retain('test'))),
        map(() => {
          const [first] = kept.splice(0);
          const sum = tf.tidy(() => tf.sum((first as Frame<tf.Tensor>).data).dataSync()[0]);
          (first as Frame<tf.Tensor>).release();
          return sum;
        }),
      );
    });
    expect(values).toEqual([2, 6, 10, 14, 18, 22]);
  });

  it('of a live camera: only as many frames are inside as the gate lets in', async () => {
    await inVirtualTime(() => {
      const pictures = fakeCamera({ fps: 10, seconds: 4 }).pipe(
        map(({ data, timestamp }): Arrival<tf.Tensor> => ({ data: filled([1, 2], data), timestamp })),
      );
      const camera = frameSource(pictures, { source: 'camera', maxInFlight: 6 });
      const seqs: number[] = [];
      camera.pipe(window<tf.Tensor>({ size: 4, hop: 2 }), takes(500), markDelivered()).subscribe(({ label }) => {
        seqs.push(label.seq);
      });
      return () => {
        expect(seqs.length).toBeGreaterThan(3);
        expect(camera.ledger.counts.dropped).toBeGreaterThan(0);
      };
    });
  });

  it('after sampleFrames has the frames that those pass', async () => {
    const { values } = await through((source) =>
      source.pipe(sampleFrames<tf.Tensor4D>({ n: 2 }), window({ size: 2, hop: 1 }), members),
    );
    expect(values).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
  });

  it('is no batch: unbatch refuses it', async () => {
    const { error } = await through((source) => source.pipe(window({ size: 2 }), unbatch()));
    expect(error).toBeInstanceOf(OptionError);
  });
});

describe('what window refuses', () => {
  it.each<[unknown, string]>([
    [{ size: 0 }, 'size'],
    [{ size: 1.5 }, 'size'],
    [{ size: '3' }, 'size'],
    [{}, 'size'],
    [{ size: 3, hop: 0 }, 'hop'],
    [{ size: 3, hop: NaN }, 'hop'],
    [{ size: 3, padEnd: 'yes' }, 'padEnd must be true or false'],
    [{ size: 3, stride: 2 }, 'window has no option "stride"'],
  ])('the options %j', (options, message) => {
    expect(() => window(options as WindowOptions)).toThrow(OptionError);
    expect(() => window(options as WindowOptions)).toThrow(message);
  });

  it('a source that lets in fewer frames than a window has', () => {
    expect(() => frames(9, { maxInFlight: 4 }).pipe(window({ size: 5 }))).toThrow(
      'a window of 5 can never fill: the source lets only 4 frames in at once, and each stays in until the window is done. ' +
        'Give the source maxInFlight: 5 (or more), or make the window smaller.',
    );
  });

  it.each<[string, (source: Tensors) => unknown, number]>([
    ['a batch of windows', (source) => source.pipe(window({ size: 4, hop: 2 }), batch({ size: 2 }) as never), 6],
    ['windows of windows', (source) => source.pipe(window({ size: 4 }), window({ size: 2 }) as never), 8],
    [
      'windows of windows that overlap',
      (source) => source.pipe(window({ size: 3, hop: 1 }), window({ size: 3 }) as never),
      5,
    ],
  ])('%s, for which the source lets in too few frames', async (_what, pipe, least) => {
    expect(() => pipe(frames(20, { maxInFlight: least - 1 }))).toThrow(
      `Give the source maxInFlight: ${least} (or more)`,
    );
    expect(() => pipe(frames(20, { maxInFlight: least }))).not.toThrow();
  });

  it.each<[string, (source: Tensors) => unknown, number]>([
    [
      'windows that take what a batch leaves',
      (source) => source.pipe(batch({ size: 4 }), unbatch(), window({ size: 3 })),
      6,
    ],
    [
      'windows that overlap, of what was in a batch',
      (source) => source.pipe(batch({ size: 4 }), unbatch(), window({ size: 4, hop: 2 })),
      6,
    ],
    [
      'a batch of windows that were in a batch',
      (source) => source.pipe(window({ size: 4 }), batch({ size: 2 }) as never, unbatch(), batch({ size: 3 }) as never),
      16,
    ],
  ])('%s', async (_what, pipe, least) => {
    expect(() => pipe(frames(40, { maxInFlight: least - 1 }))).toThrow('can never fill');
    await leakFree(async () => {
      const { values, completed } = await run(pipe(frames(40, { maxInFlight: least })) as ReturnType<Tensors['pipe']>);
      expect(completed).toBe(true);
      expect(values.length).toBeGreaterThan(2);
    });
  });

  it('a window of frames that were in a batch needs no more than others', () => {
    const pipe = (source: Tensors) => source.pipe(batch({ size: 4 }), unbatch(), window({ size: 4 }));
    expect(() => pipe(frames(20, { maxInFlight: 4 }))).not.toThrow();
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a batch', () => tf.ones([2, 3]), /window needs tensors of one frame each, \[1, …\], but got \[2, 3\]/],
    ['a scalar', () => tf.scalar(1), /but got \[\]/],
    ['a picture', () => ({ width: 1, height: 1, data: new Uint8Array(4) }), /but got/],
  ])('%s', async (_what, make, message) => {
    await leakFree(async () => {
      const source = frameSource([{ data: make() as tf.Tensor, timestamp: 0 }], { source: 'test', maxInFlight: 2 });
      const { error } = await run(source.pipe(window<tf.Tensor>({ size: 2 })));
      expect(error).toBeInstanceOf(ShapeError);
      expect((error as Error).message).toMatch(message);
    });
  });
});

describe('models with a time axis', () => {
  it('a network of the vectors of several frames gives what it gives of all of them at once', async () => {
    const each = pipeline(flatten(), dense({ units: 2, seed: 3 }));
    const head = pipeline(flatten(), dense({ units: 3, seed: 4, activation: 'relu' }));
    await leakFree(async () => {
      const read = map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync()));
      const vectors = (await run(frames(5).pipe(each, read))).values;
      const together = frames(5, { maxInFlight: 4 }).pipe(each, window({ size: 3, hop: 1 }), head as never);
      const { values } = await run((together as unknown as Source<tf.Tensor>).pipe(read));
      const kernel = head.build([1, 3, 2]);
      const expected = [0, 1, 2].map((k) =>
        tf.tidy(() => {
          const seen = tf.tensor3d([vectors.slice(k, k + 3)]);
          return Array.from((kernel.run(seen as never) as tf.Tensor).dataSync());
        }),
      );
      kernel.dispose();
      expect(values).toEqual(expected);
      expect(new Set(values.map(String)).size).toBe(3);
    });
  });

  it('a graph model with a convolution over time', async () => {
    await useEngine('cpu');
    const files = writtenGraph({
      change: ({ modelTopology, weightsManifest }) => {
        const [image, kernel] = modelTopology.node as [GraphNode, GraphNode];
        const dim = ['-1', '2', '4', '4', '1'].map((size) => ({ size }));
        const float = { type: 'DT_FLOAT' };
        const conv3d = {
          ...{ name: 'conv', op: 'Conv3D', input: ['image', 'kernel'] },
          attr: {
            ...{ T: float, padding: { s: Buffer.from('VALID').toString('base64') } },
            ...{
              strides: { list: { i: ['1', '1', '1', '1', '1'] } },
              dilations: { list: { i: ['1', '1', '1', '1', '1'] } },
            },
            data_format: { s: Buffer.from('NDHWC').toString('base64') },
          },
        };
        const node = [{ ...image, attr: { dtype: float, shape: { shape: { dim } } } }, kernel, conv3d];
        const weights = [{ name: 'kernel', shape: [2, 3, 3, 1, 1], dtype: 'float32' }];
        return {
          format: 'graph-model',
          modelTopology: { ...modelTopology, node },
          weightsManifest: [{ paths: weightsManifest[0]?.paths ?? [], weights }],
        };
      },
    }).map((file) => (file.name === 'w.bin' ? new File([KERNEL], 'w.bin') : file));
    const model = await graphModel(files);
    const picture = (k: number) => tf.randomUniform<tf.Rank.R4>([1, 4, 4, 1], -1, 1, 'float32', k);
    await leakFree(async () => {
      const list = [1, 2, 3].map((k): Arrival<tf.Tensor4D> => ({ data: picture(k), timestamp: k }));
      const source = frameSource(list, { source: 'test', maxInFlight: 2 });
      const { values } = await run(
        source.pipe(
          window({ size: 2, hop: 1 }),
          model,
          map(({ data }) => Array.from(data.dataSync())),
        ),
      );
      const expected = [1, 2].map((k) =>
        tf.tidy(() => {
          const seen = tf.stack([picture(k), picture(k + 1)], 1) as tf.Tensor5D;
          return Array.from(tf.conv3d(seen, tf.tensor5d(KERNEL, [2, 3, 3, 1, 1]), 1, 'valid').dataSync());
        }),
      );
      expect(values).toEqual(expected);
      expect(values[0]).toHaveLength(4);
    });
  });
});
