import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_DEPTH, MAX_LAYERS } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';
import { functionalCalls, type FunctionalCalls, type ValueOf } from './functional-calls.ts';
import { readLayer, setting, type Layer } from './layer.ts';
import { REMEDY } from './unsupported-layers.ts';

/** @internal A layer, and the nodes it takes its inputs from. */
export interface FlatNode {
  readonly id: string;
  readonly layer: Layer;
  readonly from: readonly string[];
}

/** @internal A model without models inside it: a list of layers, each after those it takes its inputs from. */
export interface FlatModel {
  readonly name: string;
  /** The name by which nodes take the model's input. */
  readonly input: string;
  /** As the model declares it, batch included, with null for each size that it leaves open. */
  readonly inputShape: readonly unknown[] | undefined;
  readonly nodes: readonly FlatNode[];
  /** The nodes whose values come out, by the name of the layer that gives them. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** @internal The class names of layers that are models. */
export const MODELS: readonly string[] = ['Sequential', 'Model', 'Functional'];

/** @internal Flattens a model; throws `WeightsError` for a model that is damaged or does not take exactly one input. */
export function flattenModel(file: string, topology: unknown): FlatModel {
  const model = { ...readLayer(file, topology, 'modelTopology', 'model'), path: '' };
  if (!MODELS.includes(model.className)) {
    throw new WeightsError(
      `${file} describes a ${model.className}; it must describe a ${MODELS.join(' or ')}. What a model class of your own computes ` +
        `is not in its file. ${REMEDY}`,
    );
  }
  const flattening = new Flattening(file);
  const outputs =
    model.className === 'Sequential' ? sequentialOutputs(flattening, model) : functionalOutputs(flattening, model);
  return { name: model.name, input: INPUT, inputShape: declaredShape(file, model), nodes: flattening.nodes, outputs };
}

const INPUT = 'input';

function sequentialOutputs(flattening: Flattening, model: Layer): Map<string, string> {
  const [value = INPUT] = flattening.addSequential(model, [INPUT], 1);
  return new Map([['output', value]]);
}

function functionalOutputs(flattening: Flattening, model: Layer): Map<string, string> {
  const calls = flattening.callsOf(model);
  const { inputs, outputs } = calls;
  if (inputs.length !== 1) {
    const names = inputs.join(', ');
    throw new WeightsError(`${flattening.file} takes ${inputs.length} inputs (${names}); a stage takes one`);
  }
  const values = flattening.addFunctional(model, calls, [INPUT], 1);
  return new Map(outputs.map(({ layer }, i) => [layer, values[i] ?? '']));
}

/**
 * Collects the nodes of a model. Each method adds a layer, or a model's layers, that takes the values of the nodes `from`,
 * and returns the nodes whose values come out: one for a layer, one for each output of a model.
 */
class Flattening {
  readonly file: string;
  readonly nodes: FlatNode[] = [];
  readonly #ids = new Set([INPUT]);
  /** How many layers were added; also counts models that add no node, since models within models can double at each level. */
  #added = 0;
  /** How many layers were read. */
  #read = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** A layer, which may be a model, nested `depth` deep. */
  add(layer: Layer, from: readonly string[], depth: number): readonly string[] {
    this.#added = this.#counted(this.#added + 1);
    if (!MODELS.includes(layer.className)) return [this.#addNode(layer, from)];
    if (depth > MAX_DEPTH) throw new WeightsError(`${this.file} has models nested over ${MAX_DEPTH} deep`);
    if (layer.className === 'Sequential') return this.addSequential(layer, from, depth);
    return this.addFunctional(layer, this.callsOf(layer), from, depth);
  }

  /** A model whose layers run one after the other. */
  addSequential(model: Layer, from: readonly string[], depth: number): readonly string[] {
    let values = from;
    for (const layer of this.#layersOf(model)) {
      if (layer.className !== 'InputLayer') values = this.add(layer, values, depth + 1);
    }
    return values;
  }

  /** A model whose layers are wired freely. */
  addFunctional(model: Layer, wiring: FunctionalCalls, from: readonly string[], depth: number): readonly string[] {
    const { inputs, calls, outputs } = wiring;
    if (inputs.length !== from.length) {
      throw new WeightsError(`${this.file}: ${model.name} takes ${inputs.length} inputs, but gets ${from.length}`);
    }
    /** The nodes that each call's values come from. */
    const values = new Map<string, readonly string[]>(inputs.map((key, i) => [key, [from[i] ?? '']]));
    const nodeOf = ({ key, tensor }: ValueOf) => {
      const node = values.get(key)?.[tensor];
      if (node !== undefined) return node;
      throw new WeightsError(`${this.file}: ${model.name} takes output ${tensor} of ${key}, which does not exist`);
    };
    for (const { key, layer, from: sources } of calls) {
      values.set(key, this.add(layer, sources.map(nodeOf), depth + 1));
    }
    return outputs.map(nodeOf);
  }

  /** How the layers of a functional model are wired. */
  callsOf(model: Layer): FunctionalCalls {
    return functionalCalls(this.file, model, this.#layersOf(model));
  }

  #addNode(layer: Layer, from: readonly string[]): string {
    const name = layer.name.replaceAll('/', '.');
    let id = name;
    for (let n = 1; this.#ids.has(id); n++) id = `${name}_${n}`;
    this.#ids.add(id);
    this.nodes.push({ id, layer, from });
    return id;
  }

  #layersOf(model: Layer): Layer[] {
    const layers = layersOf(this.file, model);
    this.#read = this.#counted(this.#read + layers.length);
    return layers;
  }

  /** The count itself, unless it is over the limit. */
  #counted(layers: number): number {
    if (layers <= MAX_LAYERS) return layers;
    throw new WeightsError(`${this.file} has over ${MAX_LAYERS} layers`);
  }
}

/** @internal The layers of a model; throws `WeightsError` where two have the same name. */
export function layersOf(file: string, model: Layer): Layer[] {
  const given = setting(model, 'layers');
  if (!Array.isArray(given)) {
    throw new WeightsError(`${file}: the layers of ${model.name} are ${describeValue(given)}, not a list`);
  }
  if (given.length > MAX_LAYERS) throw new WeightsError(`${file}: ${model.name} has over ${MAX_LAYERS} layers`);
  const layers = given.map((one) => {
    const layer = readLayer(file, one, model.name);
    return model.path === '' ? layer : { ...layer, path: `${model.path}/${layer.name}` };
  });
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw new WeightsError(`${file}: two layers of ${model.name} are called ${name}`);
    names.add(name);
  }
  return layers;
}

/** The input shape that a model, or the first layer in it, declares. */
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
