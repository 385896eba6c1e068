import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { setting, type Layer } from './layer.ts';

const BIAS = ['bias'];

/** The other value is taken care of before (`inEitherFormat`). */
const CHANNELS_LAST = [undefined, 'channels_last', 'channelsLast'];

/** @internal Throws `OptionError` unless a setting has one of these values. */
export function only(layer: Layer, name: string, values: readonly unknown[]): void {
  const value = setting(layer, name);
  if (!values.includes(value)) throw new OptionError(`has ${name} ${describeValue(value)}`);
}

/** @internal A setting that should be a number. The stage checks that it is. */
export function number(layer: Layer, name: string, otherwise?: number): number {
  return (setting(layer, name) ?? otherwise) as number;
}

/** @internal The number for height (0) or width (1), of a number or a pair. */
export function both(value: unknown, i: 0 | 1): number {
  return (Array.isArray(value) ? value[i] : value) as number;
}

function channelsLast(layer: Layer): void {
  only(layer, 'data_format', CHANNELS_LAST);
}

/** @internal The options that all convolutions have, but for the activation. The stage checks their values. */
export function convolution(layer: Layer) {
  channelsLast(layer);
  only(layer, 'padding', [undefined, 'valid', 'same']);
  return {
    kernelSize: setting(layer, 'kernel_size') as [number, number],
    strides: (setting(layer, 'strides') ?? 1) as number,
    padding: (setting(layer, 'padding') ?? 'valid') as 'valid',
    dilationRate: (setting(layer, 'dilation_rate') ?? 1) as number,
    useBias: setting(layer, 'use_bias') !== false,
  };
}

/** @internal The name that the bias is stored under, if the layer has one. */
export function bias(layer: Layer): Record<string, readonly string[]> {
  return setting(layer, 'use_bias') === false ? {} : { bias: BIAS };
}

/** @internal The options of a pooling. The stage checks their values. */
export function pooling(layer: Layer) {
  channelsLast(layer);
  only(layer, 'padding', [undefined, 'valid', 'same']);
  const poolSize = (setting(layer, 'pool_size') ?? 2) as number;
  return {
    poolSize,
    strides: (setting(layer, 'strides') ?? poolSize) as number,
    padding: (setting(layer, 'padding') ?? 'valid') as 'valid',
  };
}

/** @internal Reads one number for all sides, one for each direction, or two for each direction. */
export function sidesOf(layer: Layer, name: string): [[number, number], [number, number]] {
  channelsLast(layer);
  const value = setting(layer, name) ?? (name === 'padding' ? 1 : 0);
  const side = (i: 0 | 1): [number, number] => {
    const own: unknown = Array.isArray(value) ? value[i] : value;
    return (Array.isArray(own) ? own : [own, own]) as [number, number];
  };
  return [side(0), side(1)];
}
