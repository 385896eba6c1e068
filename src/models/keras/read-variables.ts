import { WeightsError } from '../../errors/errors.ts';
import type { Hdf5Object } from '../hdf5/hdf5-object.ts';
import { layersOf, MODELS } from '../layers/flat-model.ts';
import { isFunction } from '../layers/function-call.ts';
import { readLayer, type Layer } from '../layers/layer.ts';
import { MAX_DEPTH } from '../limits.ts';
import type { StoredWeight } from '../tfjs/weight-specs.ts';
import { KerasWeights } from './keras-weights.ts';

/**
 * @internal The weights of a `model.weights.h5`, each named after its layer and its number among the layer's weights: `conv/0`.
 *
 * Keras does not store layers by their names. Below `layers`, each is found by the snake case of its class and its number among
 * the layers of that class in the model: `layers/conv2d`, `layers/conv2d_1`. Its weights are `vars/0`, `vars/1` and so on. A model
 * that is a layer has its own `layers`. Throws `WeightsError`.
 */
export function readVariables(
  file: string,
  root: Hdf5Object,
  config: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, StoredWeight> {
  const weights = new KerasWeights(file);
  const visit = (model: Layer, group: Hdf5Object | undefined, depth: number): void => {
    if (depth > MAX_DEPTH) throw new WeightsError(`${file} has models nested over ${MAX_DEPTH} deep`);
    const groupOf = layerGroups(group);
    for (const layer of layersOf(file, model)) {
      // Functions are not among the layers of a model.
      if (isFunction(layer)) continue;
      const own = groupOf(snakeCase(layer.className));
      if (MODELS.includes(layer.className)) visit(layer, own, depth + 1);
      else for (const [name, variable] of variablesOf(own)) weights.add(`${layer.path}/${name}`, variable);
    }
  };
  visit({ ...readLayer(file, config, 'config.json', 'model'), path: '' }, root, 1);
  return weights.all();
}

/** Finds the group of the next layer of a class. */
function layerGroups(model: Hdf5Object | undefined): (base: string) => Hdf5Object | undefined {
  const used = new Map<string, number>();
  const layers = model?.get('layers');
  const old = layers ? undefined : model?.get('_layer_checkpoint_dependencies');
  const sorted = old && numbersByBase(old.names());
  return (base) => {
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    // Keras 2.13 leaves out numbers.
    const number = sorted ? sorted.get(base)?.[count] : count;
    return number === undefined ? undefined : (layers ?? old)?.get(number === 0 ? base : `${base}_${number}`);
  };
}

/** The numbers of the groups of each class, ascending. */
function numbersByBase(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const name of names) {
    const [, base = name, number = '0'] = /^(.+)_(\d{1,9})$/.exec(name) ?? [];
    const others = numbers.get(base);
    if (others) others.push(Number(number));
    else numbers.set(base, [Number(number)]);
  }
  for (const others of numbers.values()) others.sort((a, b) => a - b);
  return numbers;
}

/** Where layers that hold a cell or another layer keep their weights. */
const INNER = ['', 'cell/', 'layer/', 'forward_layer/cell/', 'backward_layer/cell/'] as const;

function* variablesOf(layer: Hdf5Object | undefined): Generator<[string, Hdf5Object | undefined]> {
  for (const inner of INNER) {
    const variables = layer?.get(`${inner}vars`);
    for (const name of variables?.names() ?? []) yield [`${inner}${name}`, variables?.get(name)];
  }
}

/** `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, `LeakyReLU` → `leaky_re_lu`, as Keras writes it. */
export function snakeCase(className: string): string {
  return className
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
