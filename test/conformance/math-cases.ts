import { activation, arithmetic, conv2d, groupNorm, pipeline, reduce, type AnyStage, type MathFunction } from 'sluice';
import { at, byIndex, erf } from '../support/reference.ts';
import type { Case } from './case.ts';
import { asWeight, grid, randomGrid } from './grids.ts';

const noise = randomGrid([2, 4, 3, 5]);
const steep = { shape: noise.shape, data: noise.data.map((value) => 4 * value) };
const positive = { shape: noise.shape, data: noise.data.map((value) => 4 * Math.abs(value) + 0.01) };

/** Halves to the even number. */
function rounded(v: number): number {
  const low = Math.floor(v);
  if (v - low !== 0.5) return Math.round(v);
  return low % 2 === 0 ? low : low + 1;
}

const FUNCTIONS: Record<MathFunction, (v: number) => number> = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  erf,
  floor: Math.floor,
  log: Math.log,
  negate: (v) => -v,
  reciprocal: (v) => 1 / v,
  round: rounded,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  square: (v) => v * v,
};

const functions = Object.entries(FUNCTIONS).map(([kind, f]): Case => {
  const input = ['log', 'sqrt', 'reciprocal'].includes(kind) ? positive : steep;
  return {
    op: 'activation',
    name: `the function ${kind}`,
    stage: activation(kind as MathFunction),
    input,
    expected: { shape: input.shape, data: input.data.map(f) },
    // What WebGPU and OpenGL ES promise.
    ...(kind === 'cos' || kind === 'sin' ? { tolerance: 2 ** -11 } : {}),
  };
});

const clips = ([{ min: -1, max: 2 }, { min: 0.5 }, { max: -0.5 }, { min: 1, max: 1 }, {}] as const).map(
  (told): Case => {
    const { min = -Infinity, max = Infinity }: { min?: number; max?: number } = told;
    return {
      op: 'activation',
      name: `clip ${JSON.stringify(told)}`,
      stage: activation('clip', told),
      input: steep,
      expected: { shape: steep.shape, data: steep.data.map((v) => Math.min(max, Math.max(min, v))) },
    };
  },
);

/** Behind a convolution, so that ONNX's layout comes in. The engines of tfjs have no other layout. */
const identity = conv2d({
  filters: 5,
  kernelSize: 1,
  useBias: false,
  weights: { kernel: Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)) },
});
const behind = (stage: AnyStage) => pipeline(identity, stage as typeof identity) as AnyStage;

const OPERATIONS = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  power: Math.pow,
} as const;
/** Those whose operands change places in the cases: all that give another result then, and one that does not. */
const ORDERED = ['add', 'subtract', 'divide', 'power'];
const sums = Object.entries(OPERATIONS).flatMap(([operation, f]) =>
  [[], [5], [4, 3, 5], [4, 1, 1], [3, 1]].flatMap((shape) =>
    (ORDERED.includes(operation) ? [false, true] : [false]).flatMap((reversed): Case[] => {
      const drawn = randomGrid(shape, 7);
      const value = { shape, data: drawn.data.map((v) => Math.abs(v) + 0.5) };
      const input = operation === 'power' || operation === 'divide' ? positive : steep;
      const expected = byIndex(input.shape, (...index) => {
        const from = index.slice(4 - shape.length).map((place, i) => (shape[i] === 1 ? 0 : place));
        const [a, b] = [at(input, ...index), at(value, ...from)];
        return reversed ? f(b, a) : f(a, b);
      });
      const named = operation as keyof typeof OPERATIONS;
      const told = { operation: named, shape, reversed, weights: { value: asWeight(value) } };
      const name = `${operation} ${JSON.stringify(shape)}${reversed ? ', reversed' : ''}`;
      const stage = arithmetic(told);
      return [
        { op: 'arithmetic', name, stage, input, expected },
        { op: 'arithmetic', name: `behind a convolution, ${name}`, stage: behind(stage), input, expected, onnx: true },
      ];
    }),
  ),
);

const KINDS = {
  mean: (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length,
  sum: (all: readonly number[]) => all.reduce((a, b) => a + b, 0),
  product: (all: readonly number[]) => all.reduce((a, b) => a * b, 1),
  maximum: (all: readonly number[]) => Math.max(...all),
  minimum: (all: readonly number[]) => Math.min(...all),
} as const;
const reductions = Object.entries(KINDS).flatMap(([kind, f]) =>
  [[1], [3], [-1], [1, 2], [2, 3], [1, -1], [1, 2, 3]].flatMap((axes, i) =>
    // The numbers are the same: only the shape is another.
    (i % 3 === 0 ? [false, true] : [false]).flatMap((keepDims): Case[] => {
      const gone = axes.map((axis) => (axis < 0 ? 4 + axis : axis));
      const kept = noise.shape.map((size, i) => (gone.includes(i) ? 1 : size));
      const whole = byIndex(kept, (...index) => {
        const part = noise.shape.map((size, i) => (gone.includes(i) ? size : 1));
        return f(byIndex(part, (...more) => at(noise, ...more.map((place, i) => place + (index[i] ?? 0)))).data);
      });
      const expected = keepDims ? whole : { ...whole, shape: kept.filter((_, i) => !gone.includes(i)) };
      const name = `${kind} along ${JSON.stringify(axes)}${keepDims ? ', kept' : ''}`;
      const stage = reduce({ kind: kind as keyof typeof KINDS, axes, keepDims });
      return [
        { op: 'reduce', name, stage, input: noise, expected },
        {
          op: 'reduce',
          name: `behind a convolution, ${name}`,
          stage: behind(stage),
          input: noise,
          expected,
          onnx: true,
        },
      ];
    }),
  ),
);

const six = randomGrid([2, 4, 3, 6], 31);
const [gamma, beta] = [randomGrid([6], 32), randomGrid([6], 33)];
const groupNorms = [-1, 1, 2, 3, 6].flatMap((groups) =>
  [true, false].map((trained): Case => {
    const size = groups === -1 ? 1 : 6 / groups;
    return {
      op: 'groupNorm',
      name: `${groups} groups, ${trained ? 'with' : 'without'} weights`,
      stage: groupNorm({ groups, epsilon: 1e-3, scale: trained, center: trained }),
      input: six,
      weights: trained ? { gamma: asWeight(gamma), beta: asWeight(beta) } : {},
      expected: byIndex(six.shape, (b = 0, y = 0, x = 0, c = 0) => {
        const first = c - (c % size);
        const own = byIndex([4, 3, size], (i = 0, j = 0, k = 0) => at(six, b, i, j, first + k)).data;
        const mean = own.reduce((sum, v) => sum + v, 0) / own.length;
        const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / own.length;
        const normal = (at(six, b, y, x, c) - mean) / Math.sqrt(variance + 1e-3);
        return trained ? normal * at(gamma, c) + at(beta, c) : normal;
      }),
    };
  }),
);

/** Functions of single values, and arithmetic with constants. */
export const MATH_CASES: readonly Case[] = [
  ...functions,
  {
    op: 'activation',
    name: 'round by hand',
    stage: activation('round'),
    input: grid([1, 8], -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.4, -1.6),
    expected: grid([1, 8], -2, -2, 0, 0, 2, 2, 0, -2),
  },
  ...clips,
  ...sums,
  ...reductions,
  ...groupNorms,
];
