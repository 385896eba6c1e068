import * as tf from '@tensorflow/tfjs-core';
import { concat, from, generate, lastValueFrom, map, of, Subject, take, type Observable } from 'rxjs';
import {
  frameSource,
  classify,
  conv2d,
  markDelivered,
  dense,
  flatten,
  Frame,
  globalAvgPool,
  OptionError,
  pipeline,
  preprocess,
  resize,
  ShapeError,
  stage,
  StageError,
  useEngine,
  WeightsError,
  type FrameSourceOptions,
  type Arrival,
  type Pixels,
  type Shape,
  type Source,
  type Stage,
} from 'sluice';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../support/balance.ts';
import { arrival, arrivals, double, failing, frames, scores, valueOf } from '../support/frames.ts';

beforeAll(() => useEngine('wasm'));

type AnyFrame = Stage<tf.Tensor, tf.Tensor>;

/** A stage that notes what is made of it. */
function spy(name = 'spy', outputShape = (input: Shape): Shape => input) {
  const log: string[] = [];
  const made: AnyFrame = stage<tf.Tensor, tf.Tensor>({
    spec: { op: 'spy', name },
    outputShape,
    kernel(input, _weights, own) {
      log.push(`build ${input.join('×')}`);
      const one = own(tf.scalar(1));
      return (x) => {
        log.push(`run ${x.shape.join('×')}`);
        return tf.mul(x, one);
      };
    },
  });
  return { made, log };
}

/** Frames of zeros of these shapes. */
function shapes(list: readonly Shape[], options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor> {
  return frameSource(
    {
      *[Symbol.iterator]() {
        for (const [k, shape] of list.entries()) yield { data: tf.zeros([...shape]), timestamp: k };
      },
    },
    { source: 'shapes', ...options },
  );
}

const seqs = map(({ label }: Frame<unknown>) => label.seq);

describe('kernels', () => {
  it('are built once for frames of one shape, at the first of them, and disposed at the end', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const { values } = await run(
        shapes([
          [1, 2],
          [1, 2],
          [1, 2],
        ]).pipe(made, seqs),
      );
      expect(values).toEqual([0, 1, 2]);
      expect(log).toEqual(['build 1×2', 'run 1×2', 'run 1×2', 'run 1×2']);
    }));

  it('are built anew when the shape changes, and also when it changes back; none is left', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const inside: number[] = [];
      await run(
        shapes([
          [1, 2],
          [1, 3],
          [1, 2],
        ]).pipe(
          made,
          map(() => inside.push(tf.memory().numTensors)),
        ),
      );
      expect(log).toEqual(['build 1×2', 'run 1×2', 'build 1×3', 'run 1×3', 'build 1×2', 'run 1×2']);
      expect(new Set(inside).size, 'the old kernel is gone when the new one runs').toBe(1);
    }));

  it('are kept when only the batch changes', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const net = pipeline(conv2d({ filters: 2, kernelSize: 2, seed: 1 }), flatten(), dense({ units: 3, seed: 2 }));
      const stream = shapes([
        [1, 4, 4, 1],
        [5, 4, 4, 1],
        [2, 4, 4, 1],
      ]) as Source<tf.Tensor4D>;
      const { values, error } = await run(
        stream.pipe(
          made as unknown as Stage<tf.Tensor4D, tf.Tensor4D>,
          net,
          map(({ data }) => data.shape),
        ),
      );
      expect(error).toBeUndefined();
      expect(values).toEqual([
        [1, 3],
        [5, 3],
        [2, 3],
      ]);
      expect(log.filter((entry) => entry.startsWith('build'))).toEqual(['build 1×4×4×1']);
    }));

  it('behind a stage that gives one shape for all are kept as well', () =>
    leakFree(async () => {
      const [before, after] = [spy('before'), spy('after')];
      const stream = shapes([
        [1, 4, 4, 2],
        [1, 6, 5, 2],
      ]).pipe(before.made) as Observable<Frame<tf.Tensor4D>>;
      await run((stream.pipe(globalAvgPool()) as Observable<Frame<tf.Tensor>>).pipe(after.made));
      expect(before.log.filter((entry) => entry.startsWith('build')).length).toBe(2);
      expect(after.log).toEqual(['build 1×2', 'run 1×2', 'run 1×2']);
    }));

  it('belong to one subscription', () =>
    leakFree(async () => {
      const { made, log } = spy();
      const stream = shapes([[1, 2]]).pipe(made);
      await Promise.all([run(stream), run(stream)]);
      expect(log.filter((entry) => entry.startsWith('build')).length).toBe(2);
    }));

  it('of which one cannot be made: those made before are disposed, and the error is on the stream', () =>
    leakFree(async () => {
      const broken = stage<tf.Tensor, tf.Tensor>({
        spec: { op: 'broken' },
        outputShape: (input) => input,
        kernel(_input, _weights, own) {
          own(tf.scalar(1));
          throw new Error('no memory');
        },
      });
      const source = shapes([
        [1, 2],
        [1, 2],
      ]);
      const { values, error } = await run(source.pipe(spy().made, broken));
      expect(values).toEqual([]);
      expect((error as Error).message).toBe('no memory');
      expect(closedAccount(source)).toMatchObject({ produced: 1 });
    }));
});

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
      expect(log).toEqual(['build 1×2×2×1', 'run 1×2×2×1', 'asked', 'run 1×2×2×1']);
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
      expect(inside.log).toEqual(['build 1×2', 'run 1×2', 'run 1×2']);
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

describe('a stage that throws on a frame', () => {
  it('stop: the frames before it are delivered; the error names stage and frame and holds the cause', () =>
    leakFree(async () => {
      const source = frames(6);
      const { values, error } = await run(
        source.pipe(
          double(),
          failing(6),
          scores(),
          classify(),
          map(({ seq }) => seq),
        ),
      );
      expect(values).toEqual([0, 1, 2]);
      expect(error).toBeInstanceOf(StageError);
      expect(error).toMatchObject({
        code: 'stage-failed',
        stage: 'failing',
        frame: { source: 'test', seq: 3, timestamp: 120_000 },
        cause: new Error('no 6s'),
        message: 'stage failing failed on frame test #3 at 0.120 s: no 6s',
      });
      expect(closedAccount(source)).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
    }));

  it('skip: it is lost, told on failures with its cause, and the others go on', () =>
    leakFree(async () => {
      const source = frames(5, { onError: 'skip' });
      const failures: unknown[] = [];
      source.failures.subscribe((failure) => failures.push(failure));
      const { values } = await run(
        source.pipe(
          failing(1, 3),
          scores(),
          classify(),
          map(({ seq }) => seq),
        ),
      );
      expect(values).toEqual([0, 2, 4]);
      expect(failures).toMatchObject([
        { label: { seq: 1 }, error: { stage: 'failing', cause: new Error('no 1s') } },
        { label: { seq: 3 }, error: { stage: 'failing', cause: new Error('no 3s') } },
      ]);
      expect(closedAccount(source)).toEqual({ produced: 5, delivered: 3, discarded: 0, failed: 2 });
    }));

  it.each([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 3, '3'],
    ['a promise: stages do not await', Promise.resolve(), 'a Promise'],
  ])('so does one that gives %s', (_, output, told) =>
    leakFree(async () => {
      const forgetful = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'forgetful' },
        outputShape: (input) => input,
        kernel: () => () => output as unknown as tf.Tensor4D,
        clean: true,
      });
      const { error } = await run(frames(1).pipe(double(), forgetful, double('after')));
      expect(error).toMatchObject({
        stage: 'forgetful',
        message: expect.stringContaining(`its output is ${told}, not a tensor or a picture`),
      });
    }),
  );

  it('outside of a gate stops: there is nobody to tell', async () => {
    const one = (k: number) => Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
    const { values, error } = await leakFree(async () => {
      const made = [one(0), one(1), one(2)];
      const result = await run(from(made).pipe(failing(1), seqs));
      for (const frame of made) frame.release();
      return result;
    });
    expect(values).toEqual([0]);
    expect(error).toBeInstanceOf(StageError);
  });
});

describe('a stage of your own', () => {
  const sum = (clean: boolean) =>
    stage<tf.Tensor, tf.Tensor>({
      spec: { op: 'sum' },
      outputShape: (input) => input,
      kernel: () => (x) => {
        const scratch = tf.add(x, 1);
        return tf.add(scratch, 1);
      },
      clean,
    });

  it('is tidied up behind', async () => {
    await leakFree(() =>
      run(
        shapes([
          [1, 2],
          [1, 2],
        ]).pipe(sum(false), spy().made),
      ),
    );
  });

  it('that says it is clean is believed', async () => {
    const before = tf.memory().numTensors;
    await run(
      shapes([
        [1, 2],
        [1, 2],
      ]).pipe(sum(true)),
    );
    expect(tf.memory().numTensors - before).toBe(2);
  });

  const passOn = stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'passOn' },
    outputShape: (input) => input,
    kernel: () => (x) => x,
  });

  it.each([
    ['first', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(passOn, double())],
    ['last', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(double(), passOn)],
    ['between', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(passOn, double(), passOn, passOn)],
  ])('may pass on its input, %s: nothing is freed twice or early', (_, pipe) =>
    leakFree(async () => {
      const { values, error } = await run(pipe(frames(3)).pipe(map(valueOf)));
      expect([values, error]).toEqual([[0, 2, 4], undefined]);
    }),
  );

  it('that passes on its input as the only stage leaves it alive for those beside it', () =>
    leakFree(async () => {
      const seen: number[] = [];
      const subject = new Subject<Frame<tf.Tensor4D>>();
      subject.pipe(passOn).subscribe((frame) => seen.push(valueOf(frame)));
      subject.subscribe((frame) => seen.push(valueOf(frame)));
      await run(frames(2).pipe(map((frame) => subject.next(frame))));
      expect(seen).toEqual([0, 0, 1, 1]);
    }));

  it('may take and give pictures; the same picture may come out', async () => {
    const picture: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12) };
    const size = { width: 2, height: 2 };
    const { values } = await run(
      frameSource([{ data: picture, timestamp: 0 }], { source: 'test' }).pipe(
        resize(size),
        resize(size),
        map(({ data, timings }) => [data.width, timings.map(({ stage: name }) => name)]),
      ),
    );
    expect(values).toEqual([[2, ['resize', 'resize_1']]]);
  });
});

describe('plain Observables of frames, synchronous ones too', () => {
  const made: Frame<tf.Tensor4D>[] = [];
  const endless = () =>
    generate({ initialState: 0, iterate: (k) => k + 1 }).pipe(
      map((k) => {
        const frame = Frame.of(arrival(k).data, { source: 'x', seq: k, timestamp: k });
        made.push(frame);
        return frame;
      }),
    );
  const releaseAll = () => made.splice(0).forEach((frame) => frame.release());

  it.each([
    ['a stage', (source: Observable<Frame<tf.Tensor4D>>) => source.pipe(double(), take(2), map(valueOf))],
    [
      'a chain',
      (source: Observable<Frame<tf.Tensor4D>>) =>
        source.pipe(
          double(),
          take(2),
          double(),
          map((frame) => valueOf(frame) / 2),
        ),
    ],
    [
      'deliver',
      (source: Observable<Frame<tf.Tensor4D>>) =>
        source.pipe(
          markDelivered(),
          take(2),
          map((frame) => 2 * valueOf(frame)),
        ),
    ],
  ])('%s stops one that never ends', (_, pipe) =>
    leakFree(async () => {
      const { values } = await run(pipe(endless()));
      expect(values).toEqual([0, 2]);
      expect(made.length).toBe(2);
      releaseAll();
    }),
  );

  it('an error in a stage stops one that never ends', () =>
    leakFree(async () => {
      const { values, error } = await run(endless().pipe(failing(2), map(valueOf)));
      expect([values, error]).toEqual([[0, 1], expect.any(StageError)]);
      expect(made.length).toBe(3);
      releaseAll();
    }));

  it('classify stops one that never ends when its subscriber leaves, and when a frame misfits', () =>
    leakFree(async () => {
      const subscription = endless().pipe(take(3), scores(), classify()).subscribe();
      subscription.unsubscribe();
      releaseAll();
      const { error } = await run(endless().pipe(scores(), classify({ labels: ['one'] })));
      expect(error).toBeInstanceOf(ShapeError);
      expect(made.length).toBe(1);
      releaseAll();
    }));

  it('inside tf.tidy: what classify awaits is not disposed with it', () =>
    leakFree(async () => {
      let results: ReturnType<typeof run<number>> | undefined;
      tf.tidy(() => {
        results = run(
          endless().pipe(
            take(4),
            double(),
            scores(),
            classify({ top: 1 }),
            map(({ classes }) => classes[0]?.score ?? NaN),
          ),
        );
      });
      expect((await results)?.values).toEqual([0, 2, 4, 6]);
      releaseAll();
    }));

  it('errors and completion come through', async () => {
    const stream = concat(of<Frame<tf.Tensor4D>>(), new Subject<never>().pipe(take(0)));
    expect(await run(stream.pipe(double(), markDelivered()))).toEqual({ values: [], completed: true });
  });
});

it('an option that is wrong is not kept for the first frame', () => {
  expect(() => stage({ spec: { op: 'a/b' }, outputShape: (input) => input, kernel: () => (x) => x })).toThrow(
    OptionError,
  );
});

it('many subscriptions one after the other leave nothing', () =>
  leakFree(async () => {
    for (let i = 0; i < 50; i++) {
      const net = pipeline(conv2d({ filters: 2, kernelSize: 1, seed: i }), flatten(), dense({ units: 2, seed: i }));
      const list: Arrival<tf.Tensor4D>[] = [...arrivals(2)];
      await run(frameSource(list, { source: 'again' }).pipe(net, classify()));
    }
  }));

describe('a stage that does not keep its word', () => {
  it.each([
    [
      [1, 8, 8, 3],
      [1, 4, 4, 3],
    ],
    [
      [1, 4, 4, 3],
      [1, 8, 8, 3],
    ],
    [
      [1, 8, 8, 3],
      [8, 8, 3],
    ],
  ])('says %j and gives %j: fails its frame, and nothing is left', async (says, gives) => {
    const liar = stage<tf.Tensor, tf.Tensor>({
      spec: { op: 'liar' },
      outputShape: () => says,
      kernel: () => () => tf.ones(gives),
    });
    const before = tf.memory().numTensors;
    const results = shapes([[1, 2, 2, 1]]).pipe(liar, conv2d({ filters: 1, kernelSize: 3, seed: 1 }) as AnyFrame);
    const error: unknown = await lastValueFrom(results).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(`liar failed on frame`);
    expect(String(error)).toContain(
      `its output is [${gives.join(', ')}], but its outputShape says [${says.join(', ')}]`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
