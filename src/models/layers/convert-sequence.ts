import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Shape } from '../../stage/shape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { reshape } from '../../stages/reshape.ts';
import { zeroPad } from '../../stages/zero-pad.ts';
import type { ConvertedStage, StageConversion } from './conversion.ts';
import { surrounded, unchanged } from './in-row.ts';
import { setting, type Layer } from './layer.ts';

/** The settings of layers for sequences that are one number there, and a pair for pictures, and the number for height 1. */
const SIZES: Readonly<Record<string, unknown>> = {
  kernel_size: 1,
  strides: 1,
  dilation_rate: 1,
  pool_size: 1,
  size: 1,
  padding: [0, 0],
  cropping: [0, 0],
};

/**
 * @internal Converts a layer for sequences `[steps, channels]`, `Conv1D` say, as the same layer for pictures that are one pixel
 * high.
 */
export function asPicture(convert: StageConversion): StageConversion {
  return (layer, context) => {
    const { input } = context;
    if (!input) return { stage: unchanged() };
    if (input.length !== 3) throw new OptionError(`takes ${describeValue(input)}, but needs [batch, steps, channels]`);
    const [, steps = 1, channels = 1] = input;
    const { padded, before } = causal(layer, steps);
    const flat = pictureLayer(layer);
    const picture: Shape = [1, 1, padded, channels];
    const made = onePixelHigh(convert(flat, { ...context, input: picture }));
    const output = made.stage.outputShape(picture);
    const toPicture = reshape({ shape: [1, steps, channels] });
    return surrounded({ toPicture, ...before }, made, { back: reshape({ shape: output.slice(2) }) });
  };
}

/** The same layer for pictures: `2 → [1, 2]`. */
function pictureLayer(layer: Layer): Layer {
  const config: Record<string, unknown> = { ...layer.config };
  for (const [name, first] of Object.entries(SIZES)) {
    const value = setting(layer, name);
    if (value === undefined || typeof value === 'string') continue;
    const own: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    config[name] = [first, own];
  }
  if (setting(layer, 'padding') === 'causal') config['padding'] = 'valid';
  if (setting(layer, 'pool_size') !== undefined && setting(layer, 'strides') === undefined) {
    config['strides'] = config['pool_size'];
  }
  return { ...layer, config };
}

/** With `causal`, an output depends on no later step: all zeros come before. */
function causal(layer: Layer, steps: number): { padded: number; before: Readonly<Record<string, AnyStage>> } {
  if (setting(layer, 'padding') !== 'causal') return { padded: steps, before: {} };
  const one = (name: string, otherwise: number) => {
    const value: unknown = setting(layer, name) ?? otherwise;
    return Number(Array.isArray(value) ? value[0] : value);
  };
  const zeros = (one('kernel_size', 1) - 1) * one('dilation_rate', 1);
  const padding = [
    [0, 0],
    [zeros, 0],
  ] as const;
  return { padded: steps + zeros, before: { before: zeroPad({ padding }) } };
}

/** The kernels of layers for sequences lack the dimension of the height. */
function onePixelHigh(made: ConvertedStage): ConvertedStage {
  return { ...made, reshaped: (shape) => (shape.length === 3 ? [1, ...shape] : shape) };
}
