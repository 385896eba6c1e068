import { fakeQuantize } from '../../../stages/fake-quantize.ts';
import { number } from '../attributes.ts';
import { single } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import type { OnnxNode } from '../onnx-file.ts';
import type { Problems } from '../problems.ts';
import { elementwise } from './arithmetic.ts';

const [UINT8, INT8] = [2, 3];

/** The levels of a QuantizeLinear or DequantizeLinear, counted from 0 as those of uint8. */
function levelsOf(conversion: Conversion): { readonly scale: number; readonly zeroPoint: number } {
  const scale = single(constantAt(conversion, 1), 'y_scale of a computed value');
  const zero = constantIfAny(conversion, 2);
  const type = zero?.type ?? (number(conversion.node, 'output_dtype', 0) || UINT8);
  if (type !== UINT8 && type !== INT8) throw unsupported(`rounding to ONNX's type ${type}`);
  const zeroPoint = zero ? single(zero, 'y_zero_point of a computed value') : 0;
  return { scale, zeroPoint: type === INT8 ? zeroPoint + 128 : zeroPoint };
}

/** @internal Notes each QuantizeLinear whose integers are an output, or are taken by something else than a DequantizeLinear. */
export function checkIntegers(nodes: readonly OnnxNode[], outputs: readonly string[], problems: Problems): void {
  const taken = new Set([...outputs, ...nodes.flatMap(({ op, inputs }) => (op === 'DequantizeLinear' ? [] : inputs))]);
  for (const node of nodes) {
    if (node.op !== 'QuantizeLinear' || !node.outputs.some((name) => taken.has(name))) continue;
    problems.wrong(node, unsupported('to take its integers without a DequantizeLinear'));
  }
}

/** @internal The stage gives the rounded numbers, not the integers: `checkIntegers`. */
export const convertQuantizeLinear: Convert = (conversion) => {
  return elementwise(conversion, valueAt(conversion), fakeQuantize(levelsOf(conversion)));
};

/** @internal Undoes a QuantizeLinear with the same levels. */
export const convertDequantizeLinear: Convert = (conversion) => {
  const value = valueAt(conversion);
  const { scale, zeroPoint } = levelsOf(conversion);
  const [, before] = conversion.build.nodes.find(([id]) => id === value.id) ?? [];
  const spec = before && 'stage' in before ? before.stage?.spec : undefined;
  if (spec?.op === 'fakeQuantize' && spec['scale'] === scale && spec['zeroPoint'] === zeroPoint) return value;
  throw unsupported('what no QuantizeLinear with the same scale and zero point gives');
};
