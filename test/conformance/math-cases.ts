import { activation, type MathFunction } from 'sluice';
import { erf } from '../support/reference.ts';
import type { Case } from './case.ts';
import { grid, randomGrid } from './grids.ts';

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
];
