import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Merge } from '../../stage/merge.ts';
import type { Shape } from '../../stage/shape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { slice } from '../../stages/slice.ts';
import { asObject } from '../tfjs/as-object.ts';
import type { Conversion } from './conversion.ts';
import { MAX_RANK } from '../limits.ts';
import { convertRescaling } from './convert-normalization.ts';
import { activationOf } from './layer-activation.ts';
import { isOpLayer } from './function-call.ts';
import { unchanged } from './in-row.ts';
import { setting, type Layer } from './layer.ts';

/** The functions of two arguments, by their names in Keras 3 and, in lower case and without their module, in TensorFlow. */
const MERGES: ReadonlyMap<string, Merge> = new Map([
  ['add', 'add'],
  ['bias_add', 'add'],
  ['subtract', 'subtract'],
  ['sub', 'subtract'],
  ['multiply', 'multiply'],
  ['mul', 'multiply'],
  ['divide', 'divide'],
  ['truediv', 'divide'],
  ['truedivide', 'divide'],
  ['maximum', 'maximum'],
  ['minimum', 'minimum'],
]);

/** The functions of one argument that have other names as activations. */
const ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ['exp', 'exponential'],
  ['hardsigmoid', 'hard_sigmoid'],
  ['hardsilu', 'hard_silu'],
  ['leakyrelu', 'leaky_relu'],
  ['identity', 'linear'],
]);

/** @internal Converts a function that is a step of a functional model. With a constant, as in `x / 127.5 − 1`, it scales values. */
export const convertFunction: Conversion = (layer, context) => {
  const name = functionName(layer);
  if (name === 'getitem') return { stage: reversedChannels(layer, context.input) };
  const merge = MERGES.get(name);
  if (!merge) return { stage: activationOf(ACTIVATIONS.get(name) ?? name, context.keras) };
  const [first, second] = layer.operands ?? [];
  const constants = [first, second].filter((operand) => operand !== undefined);
  if (constants.length === 0) return { merge };
  const scaling = scalingBy(merge, constants[0], first !== undefined);
  return convertRescaling({ ...layer, config: { ...layer.config, ...scaling } }, context);
};

/** `math.truediv` → `truediv`, `TrueDivide` → `truedivide` */
function functionName(layer: Layer): string {
  const given = isOpLayer(layer.className) ? setting(layer, 'function') : layer.className;
  return typeof given === 'string' ? (given.split('.').at(-1) ?? '').toLowerCase() : '';
}

/** The scale and the offset that a function with a constant is. Throws `OptionError` for a function that is neither. */
function scalingBy(merge: Merge, constant: unknown, isFirst: boolean): { scale?: unknown; offset?: unknown } {
  const each = (change: (value: number) => number): unknown =>
    Array.isArray(constant) ? constant.flat(MAX_RANK).map((value) => change(Number(value))) : change(Number(constant));
  if (merge === 'add') return { offset: each((value) => value) };
  if (merge === 'multiply') return { scale: each((value) => value) };
  if (merge === 'subtract')
    return isFirst ? { scale: -1, offset: each((value) => value) } : { offset: each((value) => -value) };
  if (merge === 'divide' && !isFirst) return { scale: each((value) => 1 / value) };
  throw new OptionError(`computes ${merge} with ${describeValue(constant)}, which is not supported`);
}

/** `x[..., ::-1]`: RGB becomes BGR, as models that were made of Caffe's take it. Throws `OptionError` for any other part of `x`. */
function reversedChannels(layer: Layer, input: Shape | undefined): AnyStage {
  const spec = layer.operands?.[1];
  const parts = (Array.isArray(spec) ? spec : []).map((part: unknown) => sliceOf(part));
  const isWhole = parts.slice(0, -1).every((part) => part === 'all' || part?.step === 1);
  const last = parts.at(-1);
  if (!isWhole || last === undefined || last === 'all' || last.step !== -1) {
    throw new OptionError(`takes the part ${describeValue(spec)} of its input; only [..., ::-1] is supported`);
  }
  if (!input) return unchanged();
  const dimensions = input.slice(1);
  const channels = dimensions.length - 1;
  return slice({
    begin: dimensions.map((size, i) => (i === channels ? size - 1 : 0)),
    size: dimensions.map(() => -1),
    strides: dimensions.map((_, i) => (i === channels ? -1 : 1)),
  });
}

/** An ellipsis, or the step of a slice of everything; undefined for another index. Keras 3 puts the settings into a config. */
function sliceOf(part: unknown): 'all' | { readonly step: unknown } | undefined {
  const { class_name: className, config } = asObject(part) ?? {};
  if (className === '__ellipsis__') return 'all';
  const settings = asObject(config) ?? asObject(part);
  if (!settings) return undefined;
  const { start = null, stop = null, step } = settings;
  return start === null && stop === null ? { step: step ?? 1 } : undefined;
}
