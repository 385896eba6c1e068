import { gru, lstm, type GruOptions, type RecurrentActivation } from 'sluice';
import { asWeight, randomGrid } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';
import type { Case } from './case.ts';

// Recurrent stages as their definitions read, step by step and value by value.

const FUNCTIONS: Readonly<Record<RecurrentActivation, (x: number) => number>> = {
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  hardSigmoid: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)),
  relu: (x) => Math.max(0, x),
  softsign: (x) => x / (1 + Math.abs(x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
};

const [BATCH, STEPS, VALUES] = [2, 5, 3];
const input = randomGrid([BATCH, STEPS, VALUES], 41);

/** Σ row · column, of a matrix with so many columns. */
const product = (row: readonly number[], matrix: Grid, column: number) =>
  row.reduce((sum, value, i) => sum + value * (matrix.data[i * (matrix.shape[1] ?? 1) + column] ?? NaN), 0);

/** What comes out, from a function that makes the next states of those before; the first one is the output. */
function expected(
  { units, returnSequences = false, goBackwards = false }: GruOptions,
  states: number,
  next: (x: readonly number[], state: readonly (readonly number[])[]) => number[][],
): Grid {
  const data = Array.from({ length: BATCH }, (_, b) => {
    let state = Array.from({ length: states }, () => new Array<number>(units).fill(0));
    const steps = Array.from({ length: STEPS }, (_, step) => {
      const at = goBackwards ? STEPS - 1 - step : step;
      const begin = (b * STEPS + at) * VALUES;
      state = next(input.data.slice(begin, begin + VALUES), state);
      return state[0] ?? [];
    });
    return returnSequences ? steps.flat() : (steps.at(-1) ?? []);
  });
  return { shape: returnSequences ? [BATCH, STEPS, units] : [BATCH, units], data: data.flat() };
}

const each = <T>(count: number, f: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => f(i));

function lstmCase(name: string, settings: GruOptions): Case {
  const { units, useBias = true } = settings;
  const [kernel, recurrent, bias] = [
    randomGrid([VALUES, 4 * units], 42),
    randomGrid([units, 4 * units], 43),
    randomGrid([4 * units], 44),
  ];
  const f = FUNCTIONS[settings.activation ?? 'tanh'];
  const g = FUNCTIONS[settings.recurrentActivation ?? 'sigmoid'];
  return {
    op: 'lstm',
    name,
    stage: lstm(settings),
    input,
    weights: {
      kernel: asWeight(kernel),
      recurrentKernel: asWeight(recurrent),
      ...(useBias ? { bias: asWeight(bias) } : {}),
    },
    expected: expected(settings, 2, (x, [h = [], c = []]) => {
      const z = (gate: number, unit: number) => {
        const column = gate * units + unit;
        return product(x, kernel, column) + product(h, recurrent, column) + (useBias ? (bias.data[column] ?? NaN) : 0);
      };
      const kept = each(units, (u) => g(z(1, u)) * (c[u] ?? NaN) + g(z(0, u)) * f(z(2, u)));
      return [each(units, (u) => g(z(3, u)) * f(kept[u] ?? NaN)), kept];
    }),
  };
}

function gruCase(name: string, settings: GruOptions): Case {
  const { units, useBias = true, resetAfter = true } = settings;
  const [kernel, recurrent] = [randomGrid([VALUES, 3 * units], 45), randomGrid([units, 3 * units], 46)];
  const bias = randomGrid(resetAfter ? [2, 3 * units] : [3 * units], 47);
  const f = FUNCTIONS[settings.activation ?? 'tanh'];
  const g = FUNCTIONS[settings.recurrentActivation ?? 'sigmoid'];
  const biasOf = (row: number, column: number) =>
    useBias && (row === 0 || resetAfter) ? (bias.data[row * 3 * units + column] ?? NaN) : 0;
  return {
    op: 'gru',
    name,
    stage: gru(settings),
    input,
    weights: {
      kernel: asWeight(kernel),
      recurrentKernel: asWeight(recurrent),
      ...(useBias ? { bias: asWeight(bias) } : {}),
    },
    expected: expected(settings, 1, (x, [h = []]) => {
      const fromInput = (gate: number, u: number) => product(x, kernel, gate * units + u) + biasOf(0, gate * units + u);
      const fromState = (gate: number, u: number, state = h) =>
        product(state, recurrent, gate * units + u) + biasOf(1, gate * units + u);
      const [update, reset] = [0, 1].map((gate) => each(units, (u) => g(fromInput(gate, u) + fromState(gate, u)))) as [
        number[],
        number[],
      ];
      const before = each(units, (u) => (reset[u] ?? NaN) * (h[u] ?? NaN));
      return [
        each(units, (u) => {
          const state = resetAfter ? (reset[u] ?? NaN) * fromState(2, u) : fromState(2, u, before);
          const [z = NaN, old = NaN] = [update[u], h[u]];
          return z * old + (1 - z) * f(fromInput(2, u) + state);
        }),
      ];
    }),
  };
}

const KINDS: Readonly<Record<string, Omit<GruOptions, 'units'>>> = {
  'the last step': {},
  'all steps': { returnSequences: true },
  'from the last step on': { goBackwards: true },
  'all steps, from the last one on': { goBackwards: true, returnSequences: true },
  'without a bias': { useBias: false },
  'other functions': { activation: 'relu', recurrentActivation: 'hardSigmoid', returnSequences: true },
  'other functions, from the last step on': {
    activation: 'softsign',
    recurrentActivation: 'softplus',
    goBackwards: true,
  },
};

/** Stages for sequences. */
export const SEQUENCE_CASES: readonly Case[] = Object.entries(KINDS).flatMap(([name, settings]) => [
  lstmCase(name, { units: 4, ...settings }),
  gruCase(name, { units: 4, ...settings }),
  gruCase(`${name}, reset before`, { units: 4, resetAfter: false, ...settings }),
]);
