import type { Weight } from '../stage/weights.ts';
import { eightBits } from '../stage/eight-bits.ts';
import type { GraphBuilder, Levels } from './graph-builder.ts';

/** The kernel of a layer in ONNX's layout. */
export interface LayerKernel extends Weight {
  readonly name: string;
  /** The dimension of the output's channels. */
  readonly axis: number;
}

/**
 * Adds the kernel and the bias of a layer; returns their names. Where the layer's input was rounded to `levels`, the kernel is integers of 8 bits
 * with a scale for each channel of the output, and the bias integers of 32 bits, so that ONNX Runtime computes with integers.
 */
export function lowerWeights(
  graph: GraphBuilder,
  levels: Levels | undefined,
  { name, data, shape, axis }: LayerKernel,
  bias: Weight | undefined,
): string[] {
  if (!levels) {
    return [graph.floats(name, data, shape), ...(bias ? [graph.floats('bias', bias.data, bias.shape)] : [])];
  }
  const { values, scales } = eightBits({ data, shape }, axis);
  const each = [scales.length];
  const constant = (called: string, integers: Int8Array | Int32Array, of: typeof shape, steps: Float32Array) => {
    const zeros = integers.BYTES_PER_ELEMENT === 1 ? new Int8Array(steps.length) : new Int32Array(steps.length);
    const given = [
      graph.integers(called, integers, of),
      graph.floats(`${called}.scale`, steps, each),
      graph.integers(`${called}.zeroPoint`, zeros, each),
    ];
    return graph.node('DequantizeLinear', given, { axis: of.length === 1 ? 0 : axis });
  };
  const kernel = constant(name, values, shape, scales);
  if (!bias) return [kernel];
  const steps = scales.map((scale) => scale * levels.scale);
  const whole = Int32Array.from(bias.data, (value, i) => roundToInt32(value / (steps[i] ?? 1)));
  return [kernel, constant('bias', whole, bias.shape, steps)];
}

function roundToInt32(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(value)));
}
