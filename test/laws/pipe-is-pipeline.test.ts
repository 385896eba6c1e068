import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { map, merge, share, tap, toArray, type Observable } from 'rxjs';
import {
  activation,
  frameSource,
  avgPool,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAvgPool,
  maxPool,
  pipeline,
  softmax,
  useEngine,
  type AnyStage,
  type Frame,
  type Shape,
  type Source,
  type StageTiming,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { leakFree, run } from '../support/balance.ts';
import { randomGrid } from '../support/compute.ts';

/** What a frame left behind: numbers, and what its trace says but for the times. */
interface Left {
  readonly seq: number;
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
  readonly trace: readonly Pick<StageTiming, 'stage' | 'method'>[];
}

/** The stages' loosest type: nets are made at random here. */
type Loose = (stream: Observable<unknown>) => Observable<unknown>;

function pipe(source: Observable<unknown>, parts: readonly AnyStage[]): Observable<unknown> {
  return parts.reduce((stream, stage) => (stage as unknown as Loose)(stream), source);
}

function asOne(parts: readonly AnyStage[]): AnyStage {
  const make = pipeline as (...items: readonly AnyStage[]) => AnyStage;
  return make(...parts);
}

function pictures(shape: Shape, count = 2): Source<tf.Tensor> {
  return frameSource(
    {
      *[Symbol.iterator]() {
        for (let k = 0; k < count; k++) {
          yield { data: tf.tensor([...randomGrid(shape, k + 1).data], [...shape]), timestamp: k };
        }
      },
    },
    { source: 'random' },
  );
}

async function leftBy(stream: Observable<unknown>): Promise<readonly Left[]> {
  const { values, error } = await run((stream as Observable<Frame<tf.Tensor>>).pipe(map(readOut)));
  if (error) throw error;
  return values;
}

function readOut(frame: Frame<tf.Tensor>): Left {
  return {
    seq: frame.label.seq,
    shape: frame.data.shape,
    numbers: Array.from(frame.data.dataSync()),
    trace: frame.timings.map(({ stage, method }) => ({ stage, method })),
  };
}

const lenet = (): AnyStage[] => [
  conv2d({ filters: 6, kernelSize: 5, padding: 2, activation: 'tanh', seed: 1 }),
  avgPool({ poolSize: 2 }),
  conv2d({ filters: 16, kernelSize: 5, activation: 'tanh', seed: 2 }),
  avgPool({ poolSize: 2 }),
  flatten(),
  dense({ units: 120, activation: 'tanh', seed: 3 }),
  dense({ units: 10, seed: 4 }),
  softmax(),
];
const LENET_INPUT: Shape = [1, 28, 28, 1];
const LENET_NAMES = ['conv2d', 'avgPool', 'conv2d_1', 'avgPool_1', 'flatten', 'dense', 'dense_1', 'softmax'];

describe.each(['cpu', 'wasm'] as const)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it('pipe(a, b, c) and pipe(pipeline(a, b, c)) leave the same behind, bit for bit', () =>
    leakFree(async () => {
      const apart = await leftBy(pipe(pictures(LENET_INPUT, 3), lenet()));
      const together = await leftBy(pipe(pictures(LENET_INPUT, 3), [asOne(lenet())]));
      expect(apart.length).toBe(3);
      expect(apart[0]?.trace).toEqual(LENET_NAMES.map((stage) => ({ stage, method: 'synced-wall' })));
      expect(new Set(apart.map(({ numbers }) => numbers.join())).size, 'different pictures').toBe(3);
      expect(together).toEqual(apart);
    }));

  it('so does every way of putting the brackets', () =>
    leakFree(async () => {
      const whole = await leftBy(pipe(pictures(LENET_INPUT), [asOne(lenet())]));
      for (const cut of [1, 2, 4, 7]) {
        const [head, tail] = [lenet().slice(0, cut), lenet().slice(cut)];
        expect(await leftBy(pipe(pictures(LENET_INPUT), [asOne(head), asOne(tail)]))).toEqual(whole);
        expect(await leftBy(pipe(pictures(LENET_INPUT), [asOne([asOne(head), ...tail])]))).toEqual(whole);
        expect(await leftBy(pipe(pipe(pictures(LENET_INPUT), head), tail))).toEqual(whole);
      }
    }));

  it('a tap between the stages changes no number; the names begin anew behind it', () =>
    leakFree(async () => {
      const whole = await leftBy(pipe(pictures(LENET_INPUT), lenet()));
      const seen: unknown[] = [];
      const head = pipe(pictures(LENET_INPUT), lenet().slice(0, 2)).pipe(tap((frame) => seen.push(frame)));
      const tapped = await leftBy(pipe(head, lenet().slice(2)));
      expect(tapped.map(({ numbers }) => numbers)).toEqual(whole.map(({ numbers }) => numbers));
      expect(tapped[0]?.trace.map(({ stage }) => stage)).toEqual([
        'conv2d',
        'avgPool',
        'conv2d',
        'avgPool',
        'flatten',
        'dense',
        'dense_1',
        'softmax',
      ]);
      expect(seen.length).toBe(2);
    }));

  it('a chain used twice, at once and after another, gives the same each time', () =>
    leakFree(async () => {
      const stream = pipe(pictures(LENET_INPUT), lenet());
      const [a, b] = await Promise.all([leftBy(stream), leftBy(stream)]);
      expect(b).toEqual(a);
      expect(await leftBy(stream)).toEqual(a);
    }));

  it('two chains that share a beginning do not disturb each other', () =>
    leakFree(async () => {
      const beginning = pipe(pictures(LENET_INPUT), lenet().slice(0, 4));
      const [one, other] = [pipe(beginning, lenet().slice(4)), pipe(beginning, [globalAvgPool(), softmax()])];
      const [whole, pooled] = [await leftBy(pipe(pictures(LENET_INPUT), lenet())), await leftBy(other)];
      expect(pooled[0]?.shape).toEqual([1, 16]);
      const [again, pooledAgain] = await Promise.all([leftBy(one), leftBy(other)]);
      expect(again).toEqual(whole);
      expect(pooledAgain).toEqual(pooled);
      const shared = beginning.pipe(share());
      const both = merge(pipe(shared, lenet().slice(4)), pipe(shared, [globalAvgPool(), softmax()]));
      const { values } = await run(
        (both as Observable<Frame<tf.Tensor>>).pipe(
          map((frame) => readOut(frame).numbers),
          toArray(),
        ),
      );
      expect(values[0]).toEqual([whole[0], pooled[0], whole[1], pooled[1]].map((left) => left?.numbers));
    }));

  it('the same stage twice in a row runs twice, under two names', () =>
    leakFree(async () => {
      const half = conv2d({ filters: 1, kernelSize: 1, useBias: false, weights: { kernel: new Float32Array([0.5]) } });
      const [apart] = await leftBy(pipe(pictures([1, 2, 2, 1]), [half, half]));
      expect(apart?.numbers).toEqual(randomGrid([1, 2, 2, 1], 1).data.map((x) => x / 4));
      expect(apart?.trace.map(({ stage }) => stage)).toEqual(['conv2d', 'conv2d_1']);
      const [together] = await leftBy(pipe(pictures([1, 2, 2, 1]), [asOne([half, half])]));
      expect(together).toEqual(apart);
    }));

  it('holds for random nets, put together in random ways', () =>
    leakFree(() =>
      fc.assert(
        fc.asyncProperty(nets, fc.nat(), async ({ input, net }, where) => {
          const apart = await leftBy(pipe(pictures(input), net));
          expect(apart.length).toBe(2);
          const cut = where % net.length;
          const ways = [
            [asOne(net)],
            cut === 0 ? [asOne(net).named('net')] : [asOne(net.slice(0, cut)), ...net.slice(cut)],
          ];
          for (const way of ways) expect(await leftBy(pipe(pictures(input), way))).toEqual(apart);
        }),
        { numRuns: engine === 'cpu' ? 60 : 120 },
      ),
    ));

  it('a misfit is the same error either way', async () => {
    for (const misfit of [
      [conv2d({ filters: 2, kernelSize: 1, seed: 1 }), conv2d({ filters: 2, kernelSize: 9, seed: 1 })],
      [flatten(), maxPool({ poolSize: 2 }) as AnyStage],
    ]) {
      const apart = await run(pipe(pictures([1, 4, 4, 1]), misfit));
      const together = await run(pipe(pictures([1, 4, 4, 1]), [asOne(misfit)]));
      expect(apart.error).toMatchObject({ code: 'shape' });
      expect(String(together.error)).toBe(String(apart.error));
      expect((together.error as { stage: string }).stage).toBe((apart.error as { stage: string }).stage);
    }
  });
});

/** Nets that fit: every stage that can't take what comes is left out. */
const nets = fc
  .record({
    input: fc.tuple(
      fc.constant(1),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
    ),
    stages: fc.array(stages(), { minLength: 1, maxLength: 7 }),
    head: fc.boolean(),
  })
  .map(({ input, stages: drawn, head }) => {
    const fitting: AnyStage[] = [];
    let shape: Shape = input;
    for (const stage of head ? [...drawn, flatten(), dense({ units: 3, seed: 9 }), softmax() as AnyStage] : drawn) {
      try {
        shape = stage.outputShape(shape);
        fitting.push(stage);
      } catch {
        // Does not fit.
      }
    }
    return { input, net: fitting.length > 0 ? fitting : [flatten()] };
  });

function stages(): fc.Arbitrary<AnyStage> {
  const size = fc.integer({ min: 1, max: 3 });
  const seed = fc.integer({ min: 0, max: 1000 });
  const kind = fc.constantFrom('linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'softmax');
  const padding = fc.constantFrom('valid', 'same');
  return fc.oneof(
    fc
      .record({
        filters: fc.integer({ min: 1, max: 5 }),
        kernelSize: size,
        strides: size,
        padding,
        activation: kind,
        seed,
      })
      .map((options) => conv2d(options) as AnyStage),
    fc
      .record({ kernelSize: size, padding, activation: kind, seed })
      .map((options) => depthwiseConv2d(options) as AnyStage),
    fc.record({ poolSize: size, strides: size, padding }).map((options) => maxPool(options) as AnyStage),
    fc.record({ poolSize: size, padding }).map((options) => avgPool(options) as AnyStage),
    kind.map((name) => activation(name) as AnyStage),
    fc.constant(softmax() as AnyStage),
    fc.constant(flatten() as AnyStage),
    fc.constant(globalAvgPool() as AnyStage),
    fc
      .record({ units: fc.integer({ min: 1, max: 6 }), activation: kind, seed })
      .map((options) => dense(options) as AnyStage),
  );
}
