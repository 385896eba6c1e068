import * as fc from 'fast-check';
import {
  activation,
  avgPool,
  batchNorm,
  concatenate,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool,
  globalMaxPool,
  graph,
  l2Pool,
  localResponseNorm,
  maxPool,
  normalize,
  pipeline,
  reshape,
  residual,
  separableConv2d,
  ShapeError,
  softmax,
  upsample,
  useEngine,
  zeroPad,
  type AnyStage,
} from 'sluice';
import { beforeAll, expect, test } from 'vitest';
import { compute, expectClose, piped, randomGrid } from '../support/compute.ts';
import { seed } from '../support/random.ts';

// Each stage by itself is held to its numbers by the conformance table. Here they follow one another in any order, as one
// graph: what lies channels first, and what does not, must fit at every border.

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

const same = { kernelSize: 3, padding: 'same' } as const;
const STAGES: readonly ((seed: number) => unknown)[] = [
  () => activation('relu'),
  () => activation('softmax'),
  () => activation('gelu', { approximate: true }),
  () => activation('hardSwish'),
  (seed) => activation('prelu', { seed }),
  (seed) => activation('prelu', { seed, sharedAxes: [1] }),
  () => avgPool({ poolSize: 2, strides: 1, padding: 'same' }),
  (seed) => batchNorm({ seed }),
  (seed) => concatenate(conv2d({ ...same, filters: 2, seed }), activation('tanh')),
  (seed) =>
    concatenate(activation('relu'), activation('linear', { name: 'as it is' }), conv2d({ ...same, filters: 1, seed })),
  (seed) => conv2d({ ...same, filters: 3, activation: 'relu6', seed }),
  (seed) => conv2d({ filters: 4, kernelSize: [1, 2], strides: 2, activation: 'swish', seed }),
  (seed) => conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, seed }),
  () =>
    crop({
      cropping: [
        [0, 1],
        [1, 0],
      ],
    }),
  (seed) => dense({ units: 7, activation: 'sigmoid', seed }),
  (seed) => dense({ units: 4, useBias: false, seed }),
  (seed) => depthwiseConv2d({ ...same, depthMultiplier: 2, activation: 'elu', seed }),
  () => dropout(),
  () => flatten(),
  () => globalAvgPool(),
  () => globalMaxPool(),
  (seed) =>
    graph({
      nodes: {
        a: { stage: conv2d({ ...same, filters: 3, seed }), from: 'input' },
        gate: { stage: pipeline(globalAvgPool(), reshape({ shape: [1, 1, 3] })), from: 'a' },
        scaled: { merge: 'multiply', from: ['a', 'gate'] },
        mean: { merge: 'average', from: ['scaled', 'a', 'a'] },
        all: { merge: 'concatenate', from: ['mean', 'input'] },
      },
      output: 'all',
    }),
  () => l2Pool({ poolSize: 2, padding: 'same' }),
  () => l2Pool({ poolSize: 2, mean: true, strides: 1 }),
  () => localResponseNorm({ size: 2, alpha: 0.5 }),
  () => localResponseNorm({ depthRadius: 1 }),
  () =>
    maxPool({
      poolSize: 2,
      strides: 1,
      padding: [
        [1, 0],
        [0, 1],
      ],
    }),
  () => normalize({ range: [-1, 1] }),
  () => reshape({ shape: [-1, 2] }),
  () => reshape({ shape: [2, 2, -1] }),
  () => residual(activation('sigmoid')),
  (seed) =>
    residual(
      { activation: 'relu', shortcut: conv2d({ ...same, filters: 2, seed }) },
      conv2d({ ...same, filters: 2, seed: seed + 1 }),
    ),
  (seed) => separableConv2d({ ...same, filters: 3, activation: 'relu', seed }),
  () => softmax({ temperature: 2 }),
  () => upsample({ size: [2, 1] }),
  () => upsample({ interpolation: 'bilinear' }),
  () =>
    zeroPad({
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
];

const flattened = STAGES.findIndex((make) => (make(1) as AnyStage).name.startsWith('flatten'));
/** Each stage on the picture, or on its flattened values where it takes no picture: drawn chains may miss one. */
const each = STAGES.map((_, which): [number[]] => [[which, flattened, which]]);
const chains = fc.array(fc.nat(STAGES.length - 1), { minLength: 1, maxLength: 7 });

beforeAll(() => useEngine('onnxruntime'));

test(`stages in any order give what tfjs gives, seed ${seed}`, { timeout: 300_000 }, async () => {
  let right = 0;
  const used = new Set<number>();
  await fc.assert(
    fc.asyncProperty(chains, async (drawn) => {
      const x = randomGrid([2, 6, 5, 4]);
      // What can't follow is left out.
      const stages: AnyStage[] = [];
      for (const [i, which] of drawn.entries()) {
        const next = STAGES[which]?.(i + 1) as AnyStage;
        if (!fits([...stages, next], x.shape)) continue;
        stages.push(next);
        used.add(which);
      }
      if (stages.length === 0) return;
      right++;
      const net = pipeline(...(stages as [AnyStage])) as AnyStage;
      // The same stages by tfjs, which is there as well.
      expectClose(await piped(net, x), compute(net as never, x), 1e-4);
    }),
    { numRuns: RUNS, seed, examples: each },
  );
  expect(right, 'chains that are possible').toBeGreaterThan(RUNS / 2);
  if (RUNS >= STAGES.length) expect(used.size, 'stages that took part').toBe(STAGES.length);
});

function fits(stages: readonly AnyStage[], shape: readonly number[]): boolean {
  try {
    return (
      pipeline(...(stages as [AnyStage]))
        .outputShape(shape)
        .reduce((a, b) => a * b, 1) < 20_000
    );
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}
