import { fewNames } from '../few-names.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_LAYERS } from '../limits.ts';
import { topologicalOrder } from '../../stage/topological-order.ts';
import { asObject } from '../tfjs/as-object.ts';
import { argumentsOf, isFunction } from './function-call.ts';
import { setting, type Layer } from './layer.ts';

/** @internal A value in a functional model: the layer, the call of it, and which of the call's outputs it is. */
export interface ValueOf {
  readonly layer: string;
  /** The call's key: `<layer>#<call>`. */
  readonly key: string;
  readonly tensor: number;
}

/** @internal One call (use) of a layer. A layer that is called several times shares its weights between the calls. */
export interface Call {
  readonly key: string;
  readonly layer: Layer;
  readonly from: readonly ValueOf[];
}

/** @internal The calls of a functional model, each after those whose values it takes. */
export interface FunctionalCalls {
  /** The keys of the input layers, in the order of the model's inputs. */
  readonly inputs: readonly string[];
  readonly calls: readonly Call[];
  readonly outputs: readonly ValueOf[];
}

/** @internal Reads how the layers of a functional model are wired; throws `WeightsError`. */
export function functionalCalls(file: string, model: Layer, layers: readonly Layer[]): FunctionalCalls {
  const wrong = (what: string) => new WeightsError(`${file}: ${what}`);
  const outputs = values(setting(model, 'output_layers'));
  const inputs = values(setting(model, 'input_layers'));
  if (!outputs || !inputs || outputs.length === 0) {
    throw wrong(`${model.name} must have input_layers and output_layers, lists of [layer, call, value]`);
  }
  const written = layers.map((layer) => ({
    layer,
    calls: layer.inboundNodes.map((node) => {
      const call = isFunction(layer) ? takenByFunction(node) : { sources: takenBy(node) };
      const besides = isFunction(layer) ? [] : passedBesides(node);
      if (besides.length > 0) {
        throw wrong(`${layer.name} is called with ${fewNames(besides)} of other layers, which is not supported`);
      }
      if (call.sources) return { ...call, sources: call.sources };
      throw wrong(`inbound_nodes of ${layer.name} has ${describeValue(node)}, not a list of [layer, call, value]`);
    }),
  }));
  const used = written.reduce((sum, { calls }) => sum + calls.length, 0);
  if (used > MAX_LAYERS) throw wrong(`the layers of ${model.name} are used over ${MAX_LAYERS} times`);
  const first = firstCalls([...written.flatMap(({ calls }) => calls.flatMap(({ sources }) => sources)), ...outputs]);
  const keyOf = ([layer, call]: Taken) => `${layer}#${call - (first.get(layer) ?? 0)}`;
  const valueOf = (taken: Taken): ValueOf => ({ layer: taken[0], key: keyOf(taken), tensor: taken[2] });
  const inputKeys = inputs.map(keyOf);
  const calls = written.flatMap(({ layer, calls: own }) =>
    own.map(({ sources, operands }, i): Call => {
      const called = operands ? { ...layer, operands } : layer;
      return { key: `${layer.name}#${i}`, layer: called, from: sources.map(valueOf) };
    }),
  );
  const known = new Set([...inputKeys, ...calls.map(({ key }) => key)]);
  const named = new Set(layers.map(({ name }) => name));
  for (const { layer, key } of [...calls.flatMap(({ from }) => from), ...outputs.map(valueOf)]) {
    if (known.has(key)) continue;
    throw wrong(
      named.has(layer)
        ? `${model.name} uses a call of ${layer} that does not exist (${key})`
        : `${model.name} uses a layer ${layer} that does not exist`,
    );
  }
  return { inputs: inputKeys, calls: sorted(calls, inputKeys, wrong), outputs: outputs.map(valueOf) };
}

/** A layer, the number of a call of it, and the number of an output of that call. */
type Taken = readonly [string, number, number];

/** Reads `[["conv", 0, 0], …]` or `["conv", 0, 0]`; undefined for anything else. */
function values(given: unknown): Taken[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const all = (typeof given[0] === 'string' ? [given] : given) as unknown[];
  const taken = all.map((value) => asTaken(value));
  return taken.every((value) => value !== undefined) ? taken : undefined;
}

function asTaken(value: unknown): Taken | undefined {
  const [layer, call = 0, tensor = 0] = (Array.isArray(value) ? value : []) as readonly unknown[];
  return typeof layer === 'string' && isIndex(call) && isIndex(tensor) ? [layer, call, tensor] : undefined;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The values a call takes. Keras 2 and tfjs write a list of them, Keras 3 writes arguments that contain tensors. */
function takenBy(node: unknown): Taken[] | undefined {
  if (Array.isArray(node)) return values(node);
  const args = asObject(node)?.['args'];
  if (!Array.isArray(args)) return undefined;
  // Flattened by one level: the argument of a merge is a list of tensors.
  const tensors = (args as unknown[])
    .flat()
    .map((tensor) => asTaken(asObject(asObject(tensor)?.['config'])?.['keras_history']));
  return tensors.every((value) => value !== undefined) ? tensors : undefined;
}

/** The names of the arguments besides the first that are values of other layers: a state to begin with, a mask. */
function passedBesides(node: unknown): string[] {
  const all = Array.isArray(node) ? (typeof node[0] === 'string' ? [node] : (node as unknown[])) : [];
  // Keras 2 writes them behind each value.
  const given = Array.isArray(node)
    ? all.map((value) => (Array.isArray(value) ? (value as unknown[])[3] : undefined))
    : [asObject(node)?.['kwargs']];
  return given.flatMap((kwargs) =>
    Object.entries(asObject(kwargs) ?? {}).flatMap(([name, value]) => (holdsValue(value) ? [name] : [])),
  );
}

/** Whether an argument is a value of a layer, or a list with one. */
function holdsValue(given: unknown): boolean {
  if (asObject(given)?.['class_name'] === '__keras_tensor__') return true;
  if (!Array.isArray(given)) return false;
  return (
    (given.length >= 3 && asTaken(given) !== undefined) ||
    given.some((one) => (Array.isArray(one) ? asTaken(one) !== undefined && one.length >= 3 : holdsValue(one)))
  );
}

/** What a call of a function takes: values of layers, and its arguments with undefined in their places. */
function takenByFunction(node: unknown): {
  readonly sources: readonly Taken[] | undefined;
  readonly operands?: readonly unknown[];
} {
  const found = argumentsOf(node) ?? [];
  const sources = found.flatMap((argument) => ('value' in argument ? [asTaken(argument.value)] : []));
  const good = sources.length > 0 && sources.every((source) => source !== undefined);
  const operands = found.map((argument) => ('constant' in argument ? argument.constant : undefined));
  return { sources: good ? sources : undefined, operands };
}

/**
 * The number of each layer's first call. A model that is used as a layer has already been called when it was made, so in
 * some versions of Keras its calls start at 1. The calls that are referred to tell which.
 */
function firstCalls(taken: readonly Taken[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const [layer, call] of taken) first.set(layer, Math.min(call, first.get(layer) ?? 1));
  return first;
}

function sorted(calls: readonly Call[], inputs: readonly string[], wrong: (what: string) => WeightsError): Call[] {
  const byKey = new Map(calls.map((call) => [call.key, call]));
  const given = new Set(inputs);
  const sourcesOf = (key: string) =>
    (byKey.get(key)?.from ?? []).map((value) => value.key).filter((source) => !given.has(source));
  const { order, circle } = topologicalOrder([...byKey.keys()], sourcesOf);
  if (!circle) return order.flatMap((key) => byKey.get(key) ?? []);
  const names = circle.slice(0, 10).map((key) => byKey.get(key)?.layer.name);
  throw wrong(`layers depend on each other in a circle: ${names.join(', ')}`);
}
