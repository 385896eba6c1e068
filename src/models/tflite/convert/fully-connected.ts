import { describeShape } from '../../../stage/shape.ts';
import { permuted } from '../../onnx/constant.ts';
import { unsupported } from '../../onnx/conversion.ts';
import { linear } from '../../onnx/convert/matrices.ts';
import { reshapedTo } from '../../onnx/shapes.ts';
import { isValue } from '../../onnx/value.ts';
import type { Convert } from '../conversion.ts';
import { activated } from './activations.ts';
import { biasOf } from './convolution.ts';

/** @internal The weights are `[units, inputs]`. The input becomes rows, unless it is to keep its dimensions. */
export const convertFullyConnected: Convert = (conversion) => {
  const { options, build } = conversion;
  const value = conversion.valueAt();
  const weights = conversion.constantAt(1);
  if (options.byte(1) !== 0) throw unsupported('a shuffled form of weights');
  if (weights.shape.length !== 2) throw unsupported(`weights of ${describeShape(weights.shape)}`);
  const inputs = weights.shape[1] ?? 0;
  const { bias } = biasOf(conversion, 2);
  return activated(conversion, 0, () => {
    const rows = options.flag(2) ? value : build.reshape(value, reshapedTo(value.shape, [-1, inputs]), 'rows');
    return linear(build, rows, rows.shape.length - 1, permuted(weights, [1, 0]), { bias });
  });
};

/** @internal A product of matrices, one of which is a constant. */
export const convertBatchMatMul: Convert = (conversion) => {
  const operands = conversion.operands.map((operand, i) => {
    if (!conversion.options.flag(i)) return operand;
    const last = operand.shape.length - 1;
    const order = operand.shape.map((_, d) => (d === last ? last - 1 : d === last - 1 ? last : d));
    if (!isValue(operand)) return permuted(operand, order);
    return {
      ...operand,
      shape: order.map((d) => operand.shape[d] ?? 1),
      order: operand.order.map((d) => order.indexOf(d)),
    };
  });
  return conversion.as('MatMul', operands);
};
