import {
  Abs,
  Ceil,
  Cos,
  Erf,
  Floor,
  Log,
  Neg,
  Reciprocal,
  Round,
  Sign,
  Sin,
  Sqrt,
  Square,
} from '@tensorflow/tfjs-core';

/** @internal The kernel of TensorFlow.js for each plain function, and its operation in ONNX. A square has none of its own there. */
export const MATH_FUNCTIONS: Readonly<Record<MathFunction, { readonly kernel: string; readonly onnx: string }>> = {
  abs: { kernel: Abs, onnx: 'Abs' },
  ceil: { kernel: Ceil, onnx: 'Ceil' },
  cos: { kernel: Cos, onnx: 'Cos' },
  erf: { kernel: Erf, onnx: 'Erf' },
  floor: { kernel: Floor, onnx: 'Floor' },
  log: { kernel: Log, onnx: 'Log' },
  negate: { kernel: Neg, onnx: 'Neg' },
  reciprocal: { kernel: Reciprocal, onnx: 'Reciprocal' },
  round: { kernel: Round, onnx: 'Round' },
  sign: { kernel: Sign, onnx: 'Sign' },
  sin: { kernel: Sin, onnx: 'Sin' },
  sqrt: { kernel: Sqrt, onnx: 'Sqrt' },
  square: { kernel: Square, onnx: 'Mul' },
};

/**
 * Plain functions of one value: `abs` |x|, `ceil` ⌈x⌉, `cos`, `erf` the error function, `floor` ⌊x⌋, `log` ln x, `negate` −x,
 * `reciprocal` 1/x, `round` to the nearest whole number (halves to the even one), `sign` −1, 0 or 1, `sin`, `sqrt` √x, `square` x².
 */
export type MathFunction =
  | 'abs'
  | 'ceil'
  | 'cos'
  | 'erf'
  | 'floor'
  | 'log'
  | 'negate'
  | 'reciprocal'
  | 'round'
  | 'sign'
  | 'sin'
  | 'sqrt'
  | 'square';
