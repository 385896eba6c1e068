import * as tf from '@tensorflow/tfjs-core';
import { OptionError, useEngine, type Optimizer } from 'sluice';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { ruleOf } from '../../src/training/optimizers/optimizer.ts';
import type { Rule } from '../../src/training/optimizers/rule.ts';
import { ENGINES, randomGrid } from '../support/compute.ts';
import { expectNear } from '../support/losses.ts';

/** Single precision, over 20 steps. */
const TOLERANCE = 2e-5;

const STEPS = 20;
const RATE: number = 0.1;
const SHAPE = [3, 4];
const START = randomGrid(SHAPE, 1).data;

/** Gradients that do not depend on the weights, with parts that are 0 and parts that change their sign. */
const GRADIENTS = Array.from({ length: STEPS }, (_, k) =>
  randomGrid(SHAPE, 50 + k).data.map((g, i) => (i % 4 === 0 ? 0 : (i + 1) * g)),
);

/** The gradient of Σ cᵢ (wᵢ − i)², for the bowl that a rule descends. */
const bowl = (weights: readonly number[]) => weights.map((w, i) => 2 * (1 + (i % 3)) * (w - i / 4));

type GradientAt = (step: number, weights: readonly number[]) => readonly number[];

/** The weights after each step; what was made on the way is freed, and what was given is left. */
function steps(rule: Rule, gradientAt: GradientAt, { shape = SHAPE, rate = RATE } = {}): number[][] {
  const before = tf.memory().numTensors;
  let weight = tf.tensor(START.slice(0, tf.util.sizeFromShape(shape)), shape);
  let memories: tf.Tensor[] = Array.from({ length: rule.memories }, () => tf.zerosLike(weight));
  const seen: number[][] = [];
  for (let step = 1; step <= STEPS; step++) {
    const gradient = tf.tensor([...gradientAt(step, seen.at(-1) ?? Array.from(weight.dataSync()))], shape);
    const given = [weight, gradient, ...memories];
    const values = given.map((one) => Array.from(one.dataSync()));
    const made = tf.tidy(() => [...rule.apply(weight, gradient, memories, { learningRate: rate, step })]);
    expect(given.map((one) => Array.from(one.dataSync()))).toEqual(values);
    expect(made).toHaveLength(1 + rule.memories);
    tf.dispose(given);
    [weight, ...memories] = made as [tf.Tensor, ...tf.Tensor[]];
    seen.push(Array.from(weight.dataSync()));
  }
  tf.dispose([weight, ...memories]);
  expect(tf.memory().numTensors, 'tensors left').toBe(before);
  return seen;
}

/** The same by an optimizer of TensorFlow.js. */
function theirs(optimizer: tf.Optimizer, gradientAt: GradientAt): number[][] {
  const variable = tf.variable(tf.tensor([...START], SHAPE));
  const seen: number[][] = [];
  for (let step = 1; step <= STEPS; step++) {
    const gradient = tf.tensor([...gradientAt(step, seen.at(-1) ?? Array.from(variable.dataSync()))], SHAPE);
    optimizer.applyGradients([{ name: variable.name, tensor: gradient }]);
    gradient.dispose();
    seen.push(Array.from(variable.dataSync()));
  }
  variable.dispose();
  optimizer.dispose();
  return seen;
}

interface Settings {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** Adam with decoupled decay as the paper has it (Loshchilov & Hutter 2019, algorithm 2), in double precision. */
function adamwOf(gradientAt: GradientAt, settings: Settings = {}, decays = true): number[][] {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, weightDecay = 0.004 } = settings;
  let w = [...START];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  return Array.from({ length: STEPS }, (_, k) => {
    const g = gradientAt(k + 1, w);
    w = w.map((value, i) => {
      const one = g[i] ?? NaN;
      m[i] = beta1 * (m[i] ?? NaN) + (1 - beta1) * one;
      v[i] = beta2 * (v[i] ?? NaN) + (1 - beta2) * one * one;
      const mHat = (m[i] ?? NaN) / (1 - beta1 ** (k + 1));
      const vHat = (v[i] ?? NaN) / (1 - beta2 ** (k + 1));
      return value - RATE * (mHat / (Math.sqrt(vHat) + epsilon)) - RATE * (decays ? weightDecay : 0) * value;
    });
    return w;
  });
}

const WAYS: readonly (readonly [string, GradientAt])[] = [
  ['given gradients', (step) => GRADIENTS[step - 1] ?? []],
  ['a bowl', (_step, weights) => bowl(weights)],
  ['gradients of 0', () => START.map(() => 0)],
  ['large gradients', (step) => (GRADIENTS[step - 1] ?? []).map((g) => 1e4 * g)],
];

const same = (ours: number[][], wanted: number[][]) => {
  expect(ours).toHaveLength(STEPS);
  ours.forEach((weights, k) => expectNear(weights, wanted[k] ?? [], TOLERANCE));
};

describe.each(ENGINES)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  describe.each(WAYS)('with %s', (_name, gradientAt) => {
    test.each<[string, Optimizer | Optimizer['name'], () => tf.Optimizer]>([
      ['sgd', 'sgd', () => tf.train.sgd(RATE)],
      ['momentum', 'momentum', () => tf.train.momentum(RATE, 0.9)],
      ['less momentum', { name: 'momentum', momentum: 0.5 }, () => tf.train.momentum(RATE, 0.5)],
      ['no momentum', { name: 'momentum', momentum: 0 }, () => tf.train.sgd(RATE)],
      ['nesterov', { name: 'momentum', nesterov: true }, () => tf.train.momentum(RATE, 0.9, true)],
      ['adam', 'adam', () => tf.train.adam(RATE)],
      [
        'adam with settings',
        { name: 'adam', beta1: 0.7, beta2: 0.9, epsilon: 1e-3 },
        () => tf.train.adam(RATE, 0.7, 0.9, 1e-3),
      ],
      ['adamw without decay', { name: 'adamw', weightDecay: 0 }, () => tf.train.adam(RATE)],
    ])('%s takes the steps of TensorFlow.js', (_rule, optimizer, make) => {
      same(steps(ruleOf('fit', optimizer), gradientAt), theirs(make(), gradientAt));
    });

    test.each<[string, Settings]>([
      ['adamw', {}],
      ['adamw with much decay', { weightDecay: 0.5 }],
      ['adamw with settings', { beta1: 0, beta2: 0.5, epsilon: 1e-2, weightDecay: 0.1 }],
    ])('%s takes the steps of the paper', (_rule, settings) => {
      same(steps(ruleOf('fit', { name: 'adamw', ...settings }), gradientAt), adamwOf(gradientAt, settings));
    });
  });

  test.each(['momentum', 'adam', 'adamw'] as const)('%s goes down a bowl', (name) => {
    const rule = ruleOf('fit', name);
    const height = (weights: readonly number[]) => bowl(weights).reduce((sum, g) => sum + g * g, 0);
    const seen = steps(rule, (_step, weights) => bowl(weights));
    expect(height(seen.at(-1) ?? [])).toBeLessThan(height(START) / 2);
  });

  test('the first step of adam is as long as the learning rate, however large the gradient is', () => {
    const [first = []] = steps(ruleOf('fit', 'adam'), (step) => (GRADIENTS[step - 1] ?? []).map((g) => 1e3 * g));
    const moved = first.map((w, i) => w - (START[i] ?? NaN));
    expectNear(
      moved,
      (GRADIENTS[0] ?? []).map((g) => -RATE * Math.sign(g)),
      1e-5,
    );
  });

  test('kernels decay, biases do not', () => {
    const none: GradientAt = () => START.map(() => 0);
    const decay = { name: 'adamw', weightDecay: 0.5 } as const;
    for (const shape of [[12], [3]]) {
      const size = tf.util.sizeFromShape(shape);
      const last = steps(ruleOf('fit', decay), () => START.slice(0, size).map(() => 0), { shape }).at(-1) ?? [];
      expectNear(last, START.slice(0, size), 0);
    }
    for (const shape of [
      [3, 4],
      [1, 12],
      [1, 2, 2, 3],
    ]) {
      const last = steps(ruleOf('fit', decay), none, { shape }).at(-1) ?? [];
      expectNear(
        last,
        START.map((w) => w * (1 - RATE * 0.5) ** STEPS),
        TOLERANCE,
      );
    }
  });

  test('a bias under adamw takes the steps of adam', () => {
    const gradientAt: GradientAt = (step) => GRADIENTS[step - 1] ?? [];
    const ours = steps(ruleOf('fit', { name: 'adamw', weightDecay: 0.5 }), gradientAt, { shape: [12] });
    same(ours, adamwOf(gradientAt, {}, false));
  });

  test.each(['sgd', 'momentum', 'adam', 'adamw'] as const)('%s with a learning rate of 0 changes nothing', (name) => {
    const last = steps(ruleOf('fit', name), (step) => GRADIENTS[step - 1] ?? [], { rate: 0 }).at(-1) ?? [];
    expectNear(last, START, 0);
  });

  test('adam stays a number where gradients vanish in single precision', () => {
    const last = steps(ruleOf('fit', 'adam'), () => START.map(() => 1e-30)).at(-1) ?? [];
    expectNear(last, START, TOLERANCE);
  });
});

describe('a rule', () => {
  test.each([
    ['sgd', 0, {}],
    ['momentum', 1, { momentum: 0.9, nesterov: false }],
    ['adam', 2, { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 }],
    ['adamw', 2, { beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.004 }],
  ] as const)('%s remembers %i tensors, and says its settings', (name, memories, settings) => {
    expect(ruleOf('fit', name)).toMatchObject({ name, memories, settings });
    expect(ruleOf('fit', { name })).toMatchObject({ name, memories, settings });
  });

  it('takes an undefined setting for none', () => {
    const { settings } = ruleOf('fit', { name: 'momentum', momentum: undefined } as never);
    expect(settings).toEqual({ momentum: 0.9, nesterov: false });
  });
});

describe('refused', () => {
  it.each([
    ['rmsprop'],
    ['Adam'],
    [''],
    ['toString'],
    ['__proto__'],
    [null],
    [3],
    [[]],
    [{}],
    [{ name: 'lion' }],
    [{ name: 'constructor' }],
    [{ name: 3 }],
    [{ learningRate: 0.1 }],
    [() => 'adam'],
  ])('the optimizer %j', (optimizer) => {
    expect(() => ruleOf('fit', optimizer as never)).toThrow(OptionError);
    expect(() => ruleOf('fit', optimizer as never)).toThrow(
      'fit: optimizer must be one of sgd, momentum, adam, adamw, or an object with one of them as its name, not',
    );
  });

  it.each<[object, string]>([
    [{ name: 'sgd', momentum: 0.9 }, 'fit: sgd has no option "momentum"'],
    [{ name: 'momentum', momentun: 0.9 }, 'fit: momentum has no option "momentun": did you mean momentum?'],
    [{ name: 'adam', weightDecay: 0.1 }, 'fit: adam has no option "weightDecay"'],
    [{ name: 'adam', learningRate: 0.1 }, 'fit: adam has no option "learningRate"'],
    [{ name: 'adamw', weight_decay: 0.1 }, 'did you mean weightDecay?'],
    [{ name: 'momentum', momentum: 1 }, 'fit: momentum: momentum must be a number from 0 to under 1, not 1'],
    [{ name: 'momentum', momentum: -0.1 }, 'momentum must be a number from 0 to under 1, not -0.1'],
    [{ name: 'momentum', momentum: NaN }, 'momentum must be a number from 0 to under 1, not NaN'],
    [{ name: 'momentum', momentum: '0.9' }, 'momentum must be a number from 0 to under 1, not "0.9"'],
    [{ name: 'momentum', nesterov: 1 }, 'nesterov must be true or false, not 1'],
    [{ name: 'momentum', nesterov: null }, 'nesterov must be true or false, not null'],
    [{ name: 'adam', beta1: 1 }, 'fit: adam: beta1 must be a number from 0 to under 1, not 1'],
    [{ name: 'adam', beta2: 1.5 }, 'beta2 must be a number from 0 to under 1, not 1.5'],
    [{ name: 'adam', beta2: null }, 'beta2 must be a number from 0 to under 1, not null'],
    [{ name: 'adam', epsilon: 0 }, 'epsilon must be a number over 0, not 0'],
    [{ name: 'adam', epsilon: -1e-7 }, 'epsilon must be a number over 0, not -1e-7'],
    [{ name: 'adam', epsilon: Infinity }, 'epsilon must be a number over 0, not Infinity'],
    [{ name: 'adamw', weightDecay: -1 }, 'fit: adamw: weightDecay must be a number of at least 0, not -1'],
    [{ name: 'adamw', weightDecay: NaN }, 'weightDecay must be a number of at least 0, not NaN'],
    [{ name: 'adamw', weightDecay: '0' }, 'weightDecay must be a number of at least 0, not "0"'],
  ])('the settings %j', (optimizer, message) => {
    expect(() => ruleOf('fit', optimizer as never)).toThrow(OptionError);
    expect(() => ruleOf('fit', optimizer as never)).toThrow(message);
  });
});
