import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_DEPTH, MAX_LAYERS } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';
import { functionalCalls, type Call, type FunctionalCalls } from './functional-calls.ts';
import { readLayer, setting, type Layer } from './layer.ts';

/** @internal A layer in its turn, and the nodes it takes its input from. */
export interface FlatNode {
  readonly id: string;
  readonly layer: Layer;
  readonly from: readonly string[];
}

/** @internal A model with the models inside it opened up, each layer after those it takes its input from. */
export interface FlatModel {
  readonly name: string;
  /** What comes in, as nodes take it. */
  readonly input: string;
  /** As the model declares it, with null where it leaves it open. */
  readonly inputShape: readonly unknown[] | undefined;
  readonly nodes: readonly FlatNode[];
  /** The layers whose values come out, by name. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** @internal What a model's `class_name` may be. */
export const MODELS: readonly string[] = ['Sequential', 'Model', 'Functional'];

/** @internal Opens a model up; throws `WeightsError` for one that is damaged, or takes other than one input. */
export function flattenModel(file: string, topology: unknown): FlatModel {
  const model = readLayer(file, topology, 'modelTopology', 'model');
  if (!MODELS.includes(model.className)) {
    throw new WeightsError(`${file} describes a ${model.className}; a ${MODELS.join(' or ')} is needed`);
  }
  const nodes: FlatNode[] = [];
  const taken = new Set(['input']);
  const idFor = (layer: Layer) => {
    const name = layer.name.replaceAll('/', '.');
    let id = name;
    for (let n = 1; taken.has(id); n++) id = `${name}_${n}`;
    taken.add(id);
    return id;
  };
  // Also where a model adds no node: models in models double with every level.
  const counted = { used: 0, read: 0 };
  const count = (what: keyof typeof counted, more: number) => {
    counted[what] += more;
    if (counted[what] > MAX_LAYERS) throw new WeightsError(`${file} has over ${MAX_LAYERS} layers`);
  };
  const open = (inside: Layer) => {
    const layers = layersOf(file, inside);
    count('read', layers.length);
    return layers;
  };
  const add = (layer: Layer, from: readonly string[]) => {
    const id = idFor(layer);
    nodes.push({ id, layer, from });
    return id;
  };

  /** What a layer makes of its inputs: one value, or, where it is a model, several. */
  const apply = (layer: Layer, from: readonly string[], depth: number): readonly string[] => {
    count('used', 1);
    if (!MODELS.includes(layer.className)) return [add(layer, from)];
    if (depth > MAX_DEPTH) throw new WeightsError(`${file} has models nested over ${MAX_DEPTH} deep`);
    return layer.className === 'Sequential'
      ? inRow(layer, from, depth)
      : asCalled(layer, callsOf(layer), from, depth).values;
  };
  const callsOf = (inside: Layer) => functionalCalls(file, inside, open(inside));
  const inRow = (model: Layer, from: readonly string[], depth: number): readonly string[] =>
    open(model)
      .filter(({ className }) => className !== 'InputLayer')
      .reduce((values, layer) => apply(layer, values, depth + 1), from);
  const asCalled = (
    model: Layer,
    { inputs, calls, outputs }: FunctionalCalls,
    from: readonly string[],
    depth: number,
  ) => {
    if (inputs.length !== from.length) {
      throw new WeightsError(`${file}: ${model.name} takes ${inputs.length} inputs, but gets ${from.length}`);
    }
    const values = new Map<string, readonly string[]>(inputs.map((key, i) => [key, [from[i] ?? '']]));
    const find = ({ key, tensor }: Call['from'][number]) => {
      const value = values.get(key)?.[tensor];
      if (value === undefined)
        throw new WeightsError(`${file}: ${model.name} takes output ${tensor} of ${key}, which has none`);
      return value;
    };
    for (const { key, layer, from: sources } of calls) values.set(key, apply(layer, sources.map(find), depth + 1));
    return { names: outputs.map(({ layer }) => layer), values: outputs.map(find) };
  };

  if (model.className === 'Sequential') {
    const [value = 'input'] = inRow(model, ['input'], 1);
    return {
      name: model.name,
      input: 'input',
      inputShape: declaredShape(file, model),
      nodes,
      outputs: new Map([['output', value]]),
    };
  }
  const wired = callsOf(model);
  const { inputs } = wired;
  if (inputs.length !== 1) {
    throw new WeightsError(`${file} takes ${inputs.length} inputs (${inputs.join(', ')}): a stage takes one`);
  }
  const { names, values } = asCalled(model, wired, ['input'], 1);
  const outputs = new Map(names.map((name, i) => [name, values[i] ?? '']));
  return { name: model.name, input: 'input', inputShape: declaredShape(file, model), nodes, outputs };
}

/** The layers of a model, each with a name of its own. */
function layersOf(file: string, model: Layer): Layer[] {
  const given = setting(model, 'layers');
  if (!Array.isArray(given)) {
    throw new WeightsError(`${file}: the layers of ${model.name} are ${describeValue(given)}, not a list`);
  }
  if (given.length > MAX_LAYERS) throw new WeightsError(`${file}: ${model.name} has over ${MAX_LAYERS} layers`);
  const layers = given.map((layer) => readLayer(file, layer, model.name));
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw new WeightsError(`${file}: two layers of ${model.name} are called ${name}`);
    names.add(name);
  }
  return layers;
}

/** The input shape a model's first layer says it has, batch included. */
function declaredShape(file: string, model: Layer): readonly unknown[] | undefined {
  for (let layer: Layer = model, depth = 0; depth <= MAX_DEPTH; depth++) {
    const shape = ['batch_input_shape', 'batch_shape', 'build_input_shape']
      .map((name) => setting(layer, name))
      .find((value) => Array.isArray(value));
    if (shape) return shape as unknown[];
    if (!MODELS.includes(layer.className)) return undefined;
    const layers = layersOf(file, layer);
    const first =
      layer.className === 'Sequential' ? layers[0] : layers.find(({ className }) => className === 'InputLayer');
    if (!first || !asObject(first.config)) return undefined;
    layer = first;
  }
  return undefined;
}
