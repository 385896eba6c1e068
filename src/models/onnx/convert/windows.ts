import type { Sides } from '../../../stage/shape.ts';
import { list, number, text } from '../attributes.ts';
import { unsupported } from '../conversion.ts';
import type { OnnxNode } from '../onnx-file.ts';

/** @internal A window that slides over a picture, as an operator of ONNX describes it. */
export interface OnnxWindow {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows and columns that are put around the picture, and count as given. */
  readonly padding: Sides;
  /** Rows and columns that `ceil_mode` puts at the bottom and to the right. They never count. */
  readonly beyond: readonly [number, number];
}

/** @internal The window of a node over a picture of the given height and width. Along one dimension, it has a height of 1. */
export function windowOf(node: OnnxNode, kernel: readonly number[], picture: readonly [number, number]): OnnxWindow {
  const flat = kernel.length === 1;
  const both = (name: string, otherwise: number) => {
    const given = list(node, name) ?? kernel.map(() => otherwise);
    const pair = flat ? [1, ...given] : given;
    if (pair.length !== 2) throw unsupported(`${name} of ${given.length} dimensions`);
    return pair as unknown as readonly [number, number];
  };
  const size = (flat ? [1, ...kernel] : kernel) as unknown as readonly [number, number];
  if (size.length !== 2) throw unsupported(`a kernel of ${kernel.length} dimensions`);
  const [strides, dilations] = [both('strides', 1), both('dilations', 1)];
  const given = list(node, 'pads') ?? kernel.flatMap(() => [0, 0]);
  const [top = 0, left = 0, bottom = 0, right = 0] = flat ? [0, given[0], 0, given[1]] : given;
  const explicit: Sides = [
    [top, bottom],
    [left, right],
  ];
  if (given.length !== 2 * kernel.length || given.some((pad) => pad < 0))
    throw unsupported(`padding ${given.join(', ')}`);
  const automatic = text(node, 'auto_pad', 'NOTSET');
  const reach = (i: 0 | 1) => dilations[i] * (size[i] - 1) + 1;
  const side = (i: 0 | 1): readonly [number, number] => {
    if (automatic === 'NOTSET' || automatic === '') return explicit[i];
    if (automatic === 'VALID') return [0, 0];
    if (automatic !== 'SAME_UPPER' && automatic !== 'SAME_LOWER') throw unsupported(`auto_pad ${automatic}`);
    const outputs = Math.ceil(picture[i] / strides[i]);
    const need = Math.max(0, (outputs - 1) * strides[i] + reach(i) - picture[i]);
    const [small, large] = [Math.floor(need / 2), Math.ceil(need / 2)];
    return automatic === 'SAME_UPPER' ? [small, large] : [large, small];
  };
  const padding: Sides = [side(0), side(1)];
  const ceil = number(node, 'ceil_mode', 0) !== 0;
  const beyond = ([0, 1] as const).map((i) => (ceil ? missing(picture[i], padding[i], strides[i], reach(i)) : 0));
  return { size, strides, dilations, padding, beyond: [beyond[0] ?? 0, beyond[1] ?? 0] };
}

/** How many rows the last window needs more. A window that would begin behind the picture and its padding is left out. */
function missing(length: number, [before, after]: readonly [number, number], stride: number, reach: number): number {
  const padded = length + before + after;
  let count = Math.ceil((padded - reach) / stride) + 1;
  if ((count - 1) * stride >= length + before) count--;
  return Math.max(0, (count - 1) * stride + reach - padded);
}

/** @internal Whether nothing is put around the picture. */
export function isNone(sides: Sides): boolean {
  return sides.flat().every((pad) => pad === 0);
}
