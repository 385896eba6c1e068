import type { GraphBuilder, Value } from './graph-builder.ts';
import type { Layer } from './layer.ts';

// Taking a part of a picture, and putting something around it, along any dimension.

interface SliceArguments {
  readonly begin: readonly number[];
  readonly strides?: readonly number[];
}

/** An end before the first value: ONNX counts −1 from the end. */
const BEFORE_ALL = -(2 ** 31);

export function lowerSlice(graph: GraphBuilder, x: Value, layer: Layer<SliceArguments>): Value {
  const { begin, strides = begin.map(() => 1) } = layer.arguments;
  const ends = begin.map((first, i) => {
    const end = first + (layer.output[i + 1] ?? 0) * (strides[i] ?? 1);
    return end < 0 ? BEFORE_ALL : end;
  });
  const given = [
    graph.wholes('starts', ...begin),
    graph.wholes('ends', ...ends),
    graph.wholes('axes', ...begin.map((_, i) => graph.axis(x, i + 1))),
    graph.wholes('steps', ...strides),
  ];
  return { ...graph.each('Slice', x, {}, ...given), shape: layer.output };
}

interface PadArguments {
  readonly padding: readonly (readonly [number, number])[];
  readonly mode: string;
  readonly value: number;
}

export function lowerPad(graph: GraphBuilder, x: Value, layer: Layer<PadArguments>): Value {
  const { padding, mode, value } = layer.arguments;
  const pads = new Array<number>(2 * x.shape.length).fill(0);
  padding.forEach(([before, after], i) => {
    const axis = graph.axis(x, i + 1);
    pads[axis] = before;
    pads[x.shape.length + axis] = after;
  });
  const given = [graph.wholes('pads', ...pads), ...(value === 0 ? [] : [graph.scalar(value)])];
  return { ...graph.each('Pad', x, { mode }, ...given), shape: layer.output };
}
