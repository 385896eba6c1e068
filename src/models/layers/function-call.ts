import { asObject } from '../tfjs/as-object.ts';
import type { Layer } from './layer.ts';

/** @internal An argument of a function: a value of another layer, written as `[layer, call, value]`, or a constant. */
export type Argument = { readonly value: unknown } | { readonly constant: unknown };

/**
 * @internal Whether a step of a functional model is a function of TensorFlow or Keras, `x / 127.5` say, and not a layer. Keras 2
 * makes a layer of the class `TFOpLambda` or `SlicingOpLambda` of it, Keras 3 writes the function's own class.
 */
export function isFunction({ className, module }: Layer): boolean {
  return isOpLayer(className) || (typeof module === 'string' && module.includes('.ops.'));
}

/** @internal Whether Keras 2 makes layers of this class of functions, which are named in their settings. */
export function isOpLayer(className: string): boolean {
  return className === 'TFOpLambda' || className === 'SlicingOpLambda';
}

/** @internal The first two arguments of a call of a function; undefined where it is not written as Keras writes it. */
export function argumentsOf(node: unknown): readonly Argument[] | undefined {
  if (!Array.isArray(node)) return ofKeras3(node);
  // A call of one value is written without a list around it.
  return ofKeras2(typeof node[0] === 'string' ? node : node[0]);
}

/** `["layer", 0, 0, {"y": 127.5}]`, or `["_CONSTANT_VALUE", -1, 1.0, {"y": ["layer", 0, 0]}]` where the constant comes first. */
function ofKeras2(given: unknown): readonly Argument[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const [layer, call, tensor, others] = given as readonly unknown[];
  const first: Argument = layer === '_CONSTANT_VALUE' ? { constant: tensor } : { value: [layer, call, tensor] };
  const named = asObject(others) ?? {};
  const second = named['y'] ?? named['bias'] ?? named['slice_spec'];
  if (second === undefined || second === null) return [first];
  const isValue = Array.isArray(second) && typeof second[0] === 'string';
  return [first, isValue ? { value: second } : { constant: second }];
}

function ofKeras3(node: unknown): readonly Argument[] | undefined {
  const args = asObject(node)?.['args'];
  if (!Array.isArray(args)) return undefined;
  return args.slice(0, 2).map((argument: unknown): Argument => {
    const value = asObject(asObject(argument)?.['config'])?.['keras_history'];
    return value === undefined ? { constant: plain(argument) } : { value };
  });
}

/** Keras 3 writes the numbers of a constant tensor inside an object. */
function plain(argument: unknown): unknown {
  const { class_name: className, config } = asObject(argument) ?? {};
  return className === '__tensor__' || className === '__numpy__' ? asObject(config)?.['value'] : argument;
}
