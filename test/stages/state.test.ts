import * as tf from '@tensorflow/tfjs-core';
import { map, Subject, take } from 'rxjs';
import {
  concatenate,
  conv2d,
  Frame,
  frameSource,
  graph,
  pipeline,
  residual,
  stage,
  StageError,
  tapActivations,
  useEngine,
  type FrameSourceOptions,
  type Source,
  type Stage,
} from 'sluice';
import { beforeEach, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../support/balance.ts';
import { valueOf } from '../support/frames.ts';
import { motionStage } from '../support/motion-stage.ts';

type Picture = Stage<tf.Tensor4D, tf.Tensor4D>;
type Shape4D = [number, number, number, number];
const SHAPE: Shape4D = [1, 1, 1, 1];
const filled = (shape: Shape4D, value: number) => tf.fill<tf.Rank.R4>(shape, value);

/** Frames of these values, each a tensor of one number. */
function film(values: readonly number[], options: Partial<FrameSourceOptions> = {}): Source<tf.Tensor4D> {
  function* arrivals() {
    for (const [timestamp, value] of values.entries()) yield { data: filled(SHAPE, value), timestamp };
  }
  return frameSource({ [Symbol.iterator]: arrivals }, { source: 'film', ...options });
}

const declared = (made: Picture) => pipeline({ inputShape: SHAPE }, made);
const differences = map((frame: Frame<tf.Tensor>) => valueOf(frame));

describe.each(['cpu', 'wasm', 'onnxruntime'] as const)('a stage that keeps frames, on %s', (engine) => {
  beforeEach(() => useEngine(engine));

  it('sees the frames only, not the zeros of the warm-up; its state is disposed at the end', () =>
    leakFree(async () => {
      const { made, log } = motionStage();
      expect((await run(film([5, 6, 8]).pipe(declared(made), differences))).values).toEqual([0, 1, 2]);
      expect(log).toEqual(['begin 1×1×1×1', 'dispose', 'begin 1×1×1×1', 'dispose']);
    }));

  it('the same without a warm-up', () =>
    leakFree(async () => {
      const { made, log } = motionStage();
      expect((await run(film([5, 6, 8]).pipe(made, differences))).values).toEqual([0, 1, 2]);
      expect(log).toEqual(['begin 1×1×1×1', 'dispose']);
    }));

  it('begins anew with each subscription, one after the other and at the same time', () =>
    leakFree(async () => {
      const { made, log } = motionStage();
      const twice = conv2d({ filters: 1, kernelSize: 1, useBias: false, weights: { kernel: new Float32Array([2]) } });
      const net = pipeline({ inputShape: SHAPE }, twice, made);
      const both = await Promise.all(
        [film([5, 6, 8]), film([1, 9, 9])].map((source) => run(source.pipe(net, differences))),
      );
      expect(both.map(({ values }) => values)).toEqual([
        [0, 2, 4],
        [0, 16, 0],
      ]);
      expect((await run(film([7, 7]).pipe(net, differences))).values).toEqual([0, 0]);
      expect(log.filter((entry) => entry === 'dispose').length).toBe(log.length / 2);
    }));
});

describe('the state of a stage', () => {
  beforeEach(() => useEngine('cpu'));

  it('of two pipes whose frames come in turn is not mixed', () =>
    leakFree(async () => {
      const { made } = motionStage();
      const [a, b] = [new Subject<Frame<tf.Tensor4D>>(), new Subject<Frame<tf.Tensor4D>>()];
      const seen: string[] = [];
      a.pipe(made, differences).subscribe((value) => seen.push(`a ${value}`));
      b.pipe(made, differences).subscribe((value) => seen.push(`b ${value}`));
      const give = (to: typeof a, value: number) => {
        const frame = Frame.of(filled(SHAPE, value), { source: 'x', seq: 0, timestamp: 0 });
        to.next(frame);
        frame.release();
      };
      for (const value of [1, 2, 4]) {
        give(a, value);
        give(b, value * 10);
      }
      a.complete();
      b.complete();
      expect(seen).toEqual(['a 0', 'b 0', 'a 1', 'b 10', 'a 2', 'b 20']);
    }));

  it('may be plain variables, without a dispose', async () => {
    let label = '';
    const count = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'count' },
      outputShape: (input) => input,
      kernel: () => {
        let seen = 0;
        return (x, of) => {
          label = `${of?.source} ${of?.seq}`;
          return tf.fill(x.shape, ++seen);
        };
      },
    });
    await leakFree(async () => {
      for (const net of [count, declared(count)]) {
        expect((await run(film([0, 0, 0]).pipe(net, differences))).values).toEqual([1, 2, 3]);
      }
    });
    expect(label).toBe('film 2');
  });

  it('may be an object of a class', () =>
    leakFree(async () => {
      class Sum {
        #sum = 0;
        run(x: tf.Tensor4D): tf.Tensor4D {
          return tf.fill(x.shape, (this.#sum += valueOf(x)));
        }
        dispose(): void {
          this.#sum = NaN;
        }
      }
      for (const clean of [false, true]) {
        const sum = stage<tf.Tensor4D, tf.Tensor4D>({
          spec: { op: 'sum' },
          outputShape: (input) => input,
          kernel: () => new Sum(),
          clean,
        });
        expect((await run(film([1, 2, 3]).pipe(declared(sum), differences))).values).toEqual([1, 3, 6]);
      }
    }));

  const ends: [string, (source: Source<tf.Tensor4D>, made: Picture) => Promise<unknown>][] = [
    ['unsubscribed', (source, made) => run(source.pipe(made, take(2)))],
    ['the source fails', (source, made) => run(source.pipe(made, differences))],
    ['a stage behind it throws', (source, made) => run(source.pipe(made, thrower(1), differences))],
    [
      'unsubscribed before the first frame',
      (source, made) => Promise.resolve(source.pipe(made).subscribe().unsubscribe()),
    ],
  ];
  it.each(ends)('is disposed as often as it was begun: %s', (_, end) =>
    leakFree(async () => {
      for (const wrap of [(made: Picture) => made, declared]) {
        const { made, log } = motionStage();
        function* arrivals() {
          for (let k = 0; k < 5; k++) yield { data: filled(SHAPE, k * k), timestamp: k };
          throw new Error('the disk is gone');
        }
        await end(frameSource({ [Symbol.iterator]: arrivals }, { source: 'film' }), wrap(made));
        await idle();
        expect(log.filter((entry) => entry === 'dispose').length).toBe(log.length / 2);
      }
    }),
  );

  it('begins anew when the shape of the frames changes, and not when only the batch does', () =>
    leakFree(async () => {
      const { made, log } = motionStage();
      const shapes = [
        [1, 2, 1, 1],
        [3, 2, 1, 1],
        [1, 1, 2, 1],
      ] as const;
      function* arrivals() {
        for (const [k, shape] of shapes.entries()) yield { data: filled([...shape], k), timestamp: k };
      }
      const { values } = await run(frameSource(arrivals(), { source: 'film' }).pipe(made, differences));
      expect(values).toEqual([0, 1, 0]);
      expect(log).toEqual(['begin 1×2×1×1', 'dispose', 'begin 1×1×2×1', 'dispose']);
    }));

  it('stays when one frame fails under skip', () =>
    leakFree(async () => {
      const { made, log } = motionStage();
      const source = film([1, 2, 4, 8], { onError: 'skip' });
      expect((await run(source.pipe(made, thrower(2), differences))).values).toEqual([0, 1, 4]);
      expect(closedAccount(source)).toMatchObject({ failed: 1 });
      expect(log.length).toBe(2);
    }));

  it('keeps only what is kept: a tensor that is not is told on the next frame', () =>
    leakFree(async () => {
      const forgetful = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'forgetful' },
        outputShape: (input) => input,
        kernel: () => {
          let last: tf.Tensor4D | undefined;
          return (x) => {
            const difference = tf.sub<tf.Tensor4D>(x, last ?? x);
            last = tf.clone(x);
            return difference;
          };
        },
      });
      const { values, error } = await run(film([1, 2]).pipe(forgetful, differences));
      expect(values).toEqual([0]);
      expect(error).toBeInstanceOf(StageError);
      expect(error).toMatchObject({ stage: 'forgetful', frame: { seq: 1 } });
    }));
});

describe('a state that cannot be made', () => {
  beforeEach(() => useEngine('cpu'));

  const broken = (from: number) => {
    let made = 0;
    return stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'broken' },
      outputShape: (input) => input,
      kernel: (_input, _weights, own) => {
        own(tf.scalar(1));
        if (++made >= from) throw new Error('no camera model');
        return (x) => tf.clone(x);
      },
    });
  };

  it('in the warm-up: the stream ends before the source is asked', () =>
    leakFree(async () => {
      const before = motionStage();
      const source = film([1, 2], { onError: 'skip' });
      const { error } = await run(source.pipe(declared(pipeline(before.made, broken(1)))));
      expect((error as Error).message).toBe('no camera model');
      expect(closedAccount(source)).toMatchObject({ produced: 0 });
      expect(before.log).toEqual(['begin 1×1×1×1', 'dispose']);
    }));

  it.each(['stop', 'skip'] as const)(
    'at the first frame: the stream ends, under %s; the states made before are disposed',
    (onError) =>
      leakFree(async () => {
        const before = motionStage();
        const { values, error } = await run(film([1, 2], { onError }).pipe(before.made, broken(1), differences));
        expect([values, (error as Error).message]).toEqual([[], 'no camera model']);
        expect(before.log).toEqual(['begin 1×1×1×1', 'dispose']);
      }),
  );

  it('only after the warm-up: the same', () =>
    leakFree(async () => {
      const { values, error } = await run(film([1, 2]).pipe(declared(broken(2)), differences));
      expect([values, (error as Error).message]).toEqual([[], 'no camera model']);
    }));

  it('inside another stage: those made before it are disposed', () =>
    leakFree(async () => {
      const before = motionStage();
      const net = residual(before.made, broken(1));
      const { error } = await run(film([1]).pipe(net));
      expect((error as Error).message).toBe('no camera model');
      expect(before.log).toEqual(['begin 1×1×1×1', 'dispose']);
    }));
});

describe('a dispose that throws', () => {
  beforeEach(() => useEngine('cpu'));

  it('keeps no other from being disposed, and is told as RxJS tells it', () =>
    leakFree(async () => {
      const stubborn = stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'stubborn' },
        outputShape: (input) => input,
        kernel: (_input, _weights, own) => {
          own(tf.scalar(1));
          return {
            run: (x) => tf.clone(x),
            dispose() {
              throw new Error('it will not go');
            },
          };
        },
      });
      const [before, after] = [motionStage('before'), motionStage('after')];
      const frames = new Subject<Frame<tf.Tensor4D>>();
      const running = frames.pipe(before.made, stubborn, after.made).subscribe();
      const frame = Frame.of(filled(SHAPE, 1), { source: 'x', seq: 0, timestamp: 0 });
      frames.next(frame);
      frame.release();
      expect(() => running.unsubscribe()).toThrow(/it will not go/);
      expect([before.log.at(-1), after.log.at(-1)]).toEqual(['dispose', 'dispose']);
    }));
});

describe('inside other stages', () => {
  beforeEach(() => useEngine('cpu'));
  const SIZE = [1, 1, 1, 1] as const;

  const around: [string, (made: Picture) => Stage<tf.Tensor4D, tf.Tensor4D>, number[]][] = [
    ['residual', (made) => residual(made), [5, 7, 10]],
    ['concatenate', (made) => concatenate(made, made.named('second')), [0, 1, 2]],
    ['graph', (made) => graph({ nodes: { seen: { stage: made, from: 'input' } }, output: 'seen' }), [0, 1, 2]],
    ['a pipeline in a residual', (made) => residual(pipeline(made, made.named('second'))), [5, 7, 9]],
    ['tapActivations', (made) => tapActivations(made), [0, 1, 2]],
  ];
  it.each(around)('%s: each subscription has its own', (_, make, expected) =>
    leakFree(async () => {
      const { made, log } = motionStage();
      const net = pipeline({ inputShape: SIZE }, make(made));
      const both = await Promise.all([1, 2].map(() => run(film([5, 6, 8]).pipe(net, differences))));
      expect(both.map(({ values }) => values)).toEqual([expected, expected]);
      expect(log.filter((entry) => entry === 'dispose').length).toBe(log.length / 2);
    }),
  );

  it('a tap reads one frame in n of each subscription', () =>
    leakFree(async () => {
      const weighted = conv2d({
        filters: 1,
        kernelSize: 1,
        useBias: false,
        weights: { kernel: new Float32Array([1]) },
      });
      const tapped = tapActivations(weighted, { every: 2 });
      const told: number[] = [];
      tapped.activations.subscribe(({ values }) => told.push(values[0] ?? NaN));
      const frames = new Subject<Frame<tf.Tensor4D>>();
      const other = new Subject<Frame<tf.Tensor4D>>();
      for (const stream of [frames, other]) stream.pipe(tapped).subscribe();
      for (const [k, to] of [frames, other, frames, other].entries()) {
        const frame = Frame.of(filled(SHAPE, k), { source: 'x', seq: k, timestamp: k });
        to.next(frame);
        frame.release();
        await idle();
      }
      frames.complete();
      other.complete();
      expect(told).toEqual([0, 1]);
    }));

  it('a kernel that is built by hand keeps a state until it is disposed', async () => {
    const { made, log } = motionStage();
    const before = tf.memory().numTensors;
    const all: number[][] = [];
    for (const built of [made, residual(made)].map((one) => one.build([...SIZE]))) {
      const values = [5, 6].map((value) => tf.tidy(() => valueOf(built.run(filled(SHAPE, value)))));
      all.push(values);
      built.dispose();
    }
    expect(all).toEqual([
      [0, 1],
      [5, 7],
    ]);
    expect(tf.memory().numTensors).toBe(before);
    expect(log.filter((entry) => entry === 'dispose').length).toBe(log.length / 2);
  });
});

/** Passes frames on, and throws on one whose value is this. */
function thrower(on: number): Picture {
  return stage<tf.Tensor4D, tf.Tensor4D>({
    spec: { op: 'thrower' },
    outputShape: (input) => input,
    kernel: () => (x) => {
      if (valueOf(x) === on) throw new Error(`no ${on}`);
      return tf.clone(x);
    },
  });
}
