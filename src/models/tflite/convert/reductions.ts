import { activation } from '../../../stages/activation.ts';
import { globalAvgPool } from '../../../stages/global-avg-pool.ts';
import { softmax } from '../../../stages/softmax.ts';
import { withValue } from '../../onnx/convert/arithmetic.ts';
import { reduced } from '../../onnx/convert/reductions.ts';
import { axesOf } from '../../onnx/shapes.ts';
import { isValue, placeOf, sameList, tensorShape } from '../../onnx/value.ts';
import type { Convert } from '../conversion.ts';

/** @internal For an operator that reduces the values along the axes of its second input, by ONNX's name for it. */
export function reducing(op: string): Convert {
  return (conversion) => {
    const [axes, keepdims] = [conversion.numbersAt(1), conversion.options.flag(0) ? 1 : 0];
    return conversion.as(op, [conversion.operandAt(0)], { axes, keepdims, noop_with_empty_axes: 1 });
  };
}

/** @internal The mean of whole pictures is a stage of its own. */
export const convertMean: Convert = (conversion) => {
  const operand = conversion.operandAt(0);
  const axes = isValue(operand) ? axesOf(operand.shape, conversion.numbersAt(1)).toSorted((a, b) => a - b) : [];
  if (!isValue(operand) || !sameList(axes, [1, 2]) || !sameList(operand.order, [1, 2, 3])) {
    return reducing('ReduceMean')(conversion);
  }
  const [batch = 1, , , channels = 1] = operand.shape;
  const result = conversion.options.flag(0)
    ? { shape: [batch, 1, 1, channels], order: [3] }
    : { shape: [batch, channels], order: [1] };
  return conversion.build.stage(operand, globalAvgPool(), result);
};

/** @internal e^(βx) / Σ e^(βx) over the last dimension. */
export const convertSoftmax: Convert = (conversion) => {
  const value = conversion.valueAt();
  const beta = conversion.options.float(0);
  const last = value.shape.length - 1;
  const from = conversion.build.having(value, last);
  const place = placeOf(from, last);
  const axis = place === tensorShape(from).length - 1 ? -1 : place;
  return conversion.build.stage(from, softmax({ axis, ...(beta === 1 ? {} : { temperature: 1 / beta }) }), from);
};

/** The least length that values are divided by. */
const LEAST = 1e-6;

/** @internal Divides the values along the last dimension by their length, √Σx². */
export const convertL2Normalization: Convert = (conversion) => {
  const { build } = conversion;
  const value = conversion.valueAt();
  const squares = build.stage(value, activation('square'), value, 'squares');
  const sum = reduced(build, squares, 'sum', [value.shape.length - 1], { suffix: 'sum' });
  const root = build.stage(sum, activation('sqrt'), sum, 'root');
  const length = build.stage(root, activation('clip', { min: LEAST }), root, 'length');
  return withValue(build, value, length, 'divide');
};
