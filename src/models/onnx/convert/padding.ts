import { pad as padStage } from '../../../stages/pad.ts';
import { zeroPad } from '../../../stages/zero-pad.ts';
import { list, number, text } from '../attributes.ts';
import { single } from '../constant.ts';
import { constantIfAny, unsupported, valueAt, type Convert } from '../conversion.ts';
import { axesOf, type AxisSlice } from '../shapes.ts';
import { sameList, type Value } from '../value.ts';
import { sliced } from './slicing.ts';

/** @internal Pad: the padding is an attribute before version 11 of the operators. Values below 0 take away. */
export const convertPad: Convert = (conversion) => {
  const { node, build } = conversion;
  const value = valueAt(conversion);
  const rank = value.shape.length;
  const [given, fill, axesGiven] = [1, 2, 3].map((index) => constantIfAny(conversion, index));
  const pads = given ? Array.from(given.data) : (list(node, 'pads') ?? list(node, 'paddings') ?? []);
  const axes = axesGiven ? axesOf(value.shape, Array.from(axesGiven.data)) : value.shape.map((_, d) => d);
  if (pads.length !== 2 * axes.length || pads.length > 2 * rank) throw unsupported(`padding of ${pads.length} numbers`);
  const around = value.shape.map((_, dimension): readonly [number, number] => {
    const i = axes.indexOf(dimension);
    return i < 0 ? [0, 0] : [pads[i] ?? 0, pads[i + axes.length] ?? 0];
  });
  const mode = text(node, 'mode', 'constant');
  if (mode !== 'constant' && mode !== 'reflect' && mode !== 'edge') throw unsupported(`mode ${mode}`);
  const constant = fill && mode === 'constant' ? single(fill, 'the value') : number(node, 'value', 0);
  const cut = sliced(build, value, around.flatMap(cutOf(value)), 'slice');
  const positive = around.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  const isPadded = positive.flatMap((sides, dimension) => (sides[0] + sides[1] > 0 ? [dimension] : []));
  if (isPadded.length === 0) return cut;
  const whole = isPadded.reduce((one, dimension) => build.having(one, dimension), cut);
  const shape = whole.shape.map((size, d) => size + (positive[d]?.[0] ?? 0) + (positive[d]?.[1] ?? 0));
  const padding = whole.order.map((dimension) => positive[dimension] ?? ([0, 0] as const));
  const [rows, columns, channels] = padding;
  const isPicture = sameList(whole.order, [2, 3, 1]) && channels?.[0] === 0 && channels[1] === 0;
  const value0 = mode === 'constant' ? constant : 0;
  const stage =
    isPicture && rows && columns && mode === 'constant' && value0 === 0
      ? zeroPad({ padding: [rows, columns] })
      : padStage({ padding, mode, value: value0 });
  return build.stage(whole, stage, { shape, order: whole.order });
};

function cutOf({ shape }: Value) {
  return ([before, after]: readonly [number, number], axis: number): AxisSlice[] => {
    if (before >= 0 && after >= 0) return [];
    const [begin, end] = [Math.max(0, -before), (shape[axis] ?? 1) - Math.max(0, -after)];
    return [{ axis, begin, count: end - begin, step: 1 }];
  };
}
