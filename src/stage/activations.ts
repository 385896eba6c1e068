import * as tf from '@tensorflow/tfjs-core';

/** The activation functions without weights. */
export const ACTIVATIONS = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'elu',
  'leakyRelu',
  'gelu',
  'hardSigmoid',
  'hardSwish',
  'swish',
  'selu',
  'softplus',
  'softsign',
  'mish',
  'exponential',
  'softmax',
] as const;

/**
 * `linear` x; `relu` max(0, x); `relu6` min(max(0, x), 6); `sigmoid` σ(x) = 1/(1+e⁻ˣ); `tanh`; `elu` x or eˣ−1;
 * `leakyRelu` x or 0.2x; `gelu` x/2 · (1 + erf(x/√2)); `hardSigmoid` min(max(0.2x + 0.5, 0), 1); `hardSwish`
 * x · min(max(x/6 + 0.5, 0), 1); `swish` (SiLU) x · σ(x); `selu` 1.0507x or 1.7581(eˣ−1); `softplus` ln(1 + eˣ); `softsign`
 * x / (1 + |x|); `mish` x · tanh(ln(1 + eˣ)); `exponential` eˣ; `softmax` over the last dimension.
 */
export type Activation = (typeof ACTIVATIONS)[number];

/** A function of a recurrent stage. See {@link Activation}. */
export type RecurrentActivation = 'tanh' | 'sigmoid' | 'hardSigmoid' | 'relu' | 'softsign' | 'softplus';

/** All of them. */
export const RECURRENT_ACTIVATIONS: readonly RecurrentActivation[] = [
  'tanh',
  'sigmoid',
  'hardSigmoid',
  'relu',
  'softsign',
  'softplus',
];

/** The settings that some activation functions take. */
export interface ActivationSettings {
  readonly alpha: number;
  readonly approximate: boolean;
}

/** The settings of an activation that is part of another stage. */
const DEFAULTS: Partial<Record<Activation, ActivationSettings>> = {
  elu: { alpha: 1, approximate: false },
};
const SLOPE: ActivationSettings = { alpha: 0.2, approximate: false };

/** Applies the function. Returns a new tensor, also for `linear`, and leaves no other tensor behind. */
export function activate<T extends tf.Tensor>(x: T, kind: Activation, settings = DEFAULTS[kind] ?? SLOPE): T {
  switch (kind) {
    case 'linear':
      return x.clone();
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return isSlowTanh(x) ? tf.tidy(() => tanhBySigmoid(x)) : tf.tanh(x);
    case 'elu':
      return settings.alpha === 1 ? tf.elu(x) : tf.tidy(() => deepElu(x, settings.alpha));
    case 'leakyRelu':
      return tf.leakyRelu(x, settings.alpha);
    case 'gelu':
      return tf.tidy(() => (settings.approximate ? geluByTanh(x) : gelu(x)));
    case 'hardSigmoid':
      return tf.tidy(() => hardSigmoid(x, settings.alpha));
    case 'hardSwish':
      // Howard et al. 2019, "Searching for MobileNetV3"; ONNX HardSwish.
      return tf.tidy(() => tf.mul(x, hardSigmoid(x, 1 / 6)));
    case 'swish':
      // Ramachandran et al. 2017, with β = 1; SiLU.
      return tf.tidy(() => tf.mul(x, tf.sigmoid(x)));
    case 'selu':
      return tf.selu(x);
    case 'softplus':
      return tf.tidy(() => softplus(x));
    case 'softsign':
      return tf.tidy(() => tf.div(x, tf.add(tf.abs(x), 1)));
    case 'mish':
      return tf.tidy(() => mish(x));
    case 'exponential':
      return tf.exp(x);
    case 'softmax':
      return tf.softmax(x);
  }
}

/** x, or α (eˣ − 1) below 0. For every x, one of the two terms is 0. */
function deepElu<T extends tf.Tensor>(x: T, alpha: number): T {
  return tf.add(tf.relu(x), tf.mul(tf.elu(tf.minimum(x, 0)), alpha));
}

/** Hendrycks & Gimpel 2016: x Φ(x). */
function gelu<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/**
 * x/2 · (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), computed as x σ(2u), which is equal. On wasm, tanh takes 16 times
 * as long as sigmoid.
 */
function geluByTanh<T extends tf.Tensor>(x: T): T {
  const cubic = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1));
  return tf.mul(x, tf.sigmoid(tf.mul(cubic, 2 * Math.sqrt(2 / Math.PI))));
}

/**
 * Whether tanh is faster by sigmoid. The tanh of wasm is a plain loop: 4,704 values take it 125 µs, and sigmoid takes 56. The way by sigmoid
 * runs four kernels, so that few values are faster in the loop: 84 values take 2 µs there and 43 by sigmoid.
 */
function isSlowTanh(x: tf.Tensor): boolean {
  return x.size >= 2048 && tf.getBackend() === 'wasm';
}

/** 2 σ(2x) − 1, which is equal, to the last digit of 1. */
function tanhBySigmoid<T extends tf.Tensor>(x: T): T {
  return tf.sub(tf.mul(tf.sigmoid(tf.mul(x, 2)), 2), 1);
}

/** max(x, 0) + ln(1 + e^−|x|), which does not overflow. As (x + |x|) / 2, the maximum has the right gradient at 0, too. */
function softplus<T extends tf.Tensor>(x: T): T {
  const size = tf.abs(x);
  const above = tf.add(tf.mul(x, 0.5), tf.mul(size, 0.5));
  return tf.add(above, tf.log1p(tf.exp(tf.neg(size))));
}

/**
 * Misra 2019: x tanh(ln(1 + eˣ)). With t = e^−|x|, the tangent is (1 + 2t) / (1 + 2t + 2t²) for x ≥ 0 and
 * (t² + 2t) / (t² + 2t + 2) below: nothing overflows.
 */
function mish<T extends tf.Tensor>(x: T): T {
  const t = tf.exp(tf.neg(tf.abs(x)));
  const square = tf.square(t);
  const twice = tf.mul(t, 2);
  const [above, below] = [tf.add(twice, 1), tf.add(square, twice)];
  const right = tf.div(above, tf.add(above, tf.mul(square, 2)));
  const left = tf.div(below, tf.add(below, 2));
  return tf.add(tf.mul(tf.relu(x), right), tf.mul(tf.minimum(x, 0), left));
}

function hardSigmoid<T extends tf.Tensor>(x: T, alpha: number): T {
  return tf.clipByValue(tf.add(tf.mul(x, alpha), 0.5), 0, 1);
}
