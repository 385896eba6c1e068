import type { Activation } from '../../../stage/activations.ts';
import type { MathFunction } from '../../../stage/math-functions.ts';
import type { Elementwise } from '../../../stage/stage.ts';
import { activation } from '../../../stages/activation.ts';
import { unsupported } from '../../onnx/conversion.ts';
import { isValue, type Operand } from '../../onnx/value.ts';
import type { Conversion, Convert } from '../conversion.ts';
import { QUANTIZED } from '../tflite-constant.ts';

/** TFLite's numbers of the functions that an operator applies to its result. */
const [NONE, RELU, RELU_N1_TO_1, RELU6, TANH] = [0, 1, 2, 3, 4];

/** The functions that sluice's stages apply themselves. */
const INSIDE: ReadonlyMap<number, Activation> = new Map([
  [NONE, 'linear'],
  [RELU, 'relu'],
  [RELU6, 'relu6'],
  [TANH, 'tanh'],
]);

function stageFor(code: number): Elementwise | undefined {
  if (code === NONE) return undefined;
  if (code === RELU_N1_TO_1) return activation('clip', { min: -1, max: 1 });
  const kind = INSIDE.get(code);
  if (kind) return activation(kind);
  throw unsupported(`the fused activation ${code}`);
}

/**
 * The function of an operator, in the field of its options. TensorFlow leaves out a ReLU where whole numbers cannot stand for
 * anything below 0; a result in floats needs it.
 */
function codeOf(conversion: Conversion, field: number): number {
  const code = conversion.options.byte(field);
  const { quantization, type = -1 } = conversion.output() ?? {};
  const [scale, ...others] = quantization?.scales ?? [];
  const [least, most] = QUANTIZED.get(type) ?? [];
  if (code !== NONE || scale === undefined || others.length > 0 || least === undefined || most === undefined)
    return code;
  if ((quantization?.zeros[0] ?? 0) !== least) return NONE;
  return Math.abs(scale * (most - least) - 6) <= scale ? RELU6 : RELU;
}

/** @internal Makes the stages of an operator, and after them one for the function in a field of its options. */
export function activated(conversion: Conversion, field: number, make: () => Operand): Operand {
  return followed(conversion, stageFor(codeOf(conversion, field)), make);
}

/** @internal Makes the stage of an operator, which applies the function in a field of its options itself where it can. */
export function activatedInside(
  conversion: Conversion,
  field: number,
  make: (activation: Activation) => Operand,
): Operand {
  const code = codeOf(conversion, field);
  const inside = INSIDE.get(code);
  return inside ? make(inside) : followed(conversion, stageFor(code), () => make('linear'));
}

function followed({ build, name }: Conversion, after: Elementwise | undefined, make: () => Operand): Operand {
  if (!after) return make();
  build.begin(`${name}.linear`);
  const made = make();
  build.begin(name);
  if (!isValue(made)) throw unsupported('a fused activation of constants');
  return build.stage(made, after, made);
}

/** @internal For an operator that is a function of each value. */
export function plain(kind: Activation | MathFunction): Convert {
  return (conversion) => {
    const value = conversion.valueAt();
    return conversion.build.stage(value, activation(kind), value);
  };
}

/** @internal For an operator that keeps values within limits. */
export function clipped(min: number, max: number): Convert {
  return (conversion) => {
    const value = conversion.valueAt();
    return conversion.build.stage(value, activation('clip', { min, max }), value);
  };
}

/** @internal 1 / √x. */
export const convertRsqrt: Convert = (conversion) => {
  const operand = conversion.operandAt(0);
  if (!isValue(operand)) return conversion.as('Reciprocal', conversion.as('Sqrt', [operand]));
  const root = conversion.build.stage(operand, activation('sqrt'), operand, 'sqrt');
  return conversion.build.stage(root, activation('reciprocal'), root);
};
