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
  const folders = new Folders(root);
  const visit = (model: Layer, path: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new WeightsError(`${file} has models nested over ${MAX_DEPTH} deep`);
    const pathOf = layerPaths(folders, path);
    for (const layer of layersOf(file, model)) {
      // Functions are not among the layers of a model.
      if (isFunction(layer)) continue;
      const own = pathOf(snakeCase(layer.className));
      if (MODELS.includes(layer.className)) visit(layer, own, depth + 1);
      else for (const [name, variable] of variablesOf(folders.get(own))) weights.add(`${layer.path}/${name}`, variable);
    }
  };
  visit({ ...readLayer(file, config, 'config.json', 'model'), path: '' }, '', 1);
  return weights.all();
}

/** Finds the path of the next layer of a class, below the path of a model, which ends in `/` or is empty. */
function layerPaths(folders: Folders, model: string): (base: string) => string {
  const used = new Map<string, number>();
  const layers = `${model}layers/`;
  const old = `${model}_layer_checkpoint_dependencies/`;
  const numbers = folders.has(layers) ? undefined : folders.numbers(old);
  return (base) => {
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    // Keras 2.13 leaves out numbers.
    const number = numbers?.get(base)?.[count] ?? count;
    return `${numbers ? old : layers}${number === 0 ? base : `${base}_${number}`}/`;
  };
}

/** The numbers of the groups of each class, ascending. */
type Numbers = ReadonlyMap<string, readonly number[]>;

/** The groups of a file by their paths. On Windows, Keras 2 writes one group with the name `layers\\conv2d` for `layers/conv2d`. */
class Folders {
  readonly #root: Hdf5Object;
  /** The names of the groups on Windows, by the path that they are in. */
  readonly #flat = new Map<string, string[]>();
  readonly #numbers = new Map<Hdf5Object, Numbers>();

  constructor(root: Hdf5Object) {
    this.#root = root;
    for (const path of root.names()) {
      const end = path.lastIndexOf('\\') + 1;
      if (end === 0) continue;
      const parent = path.slice(0, end).replaceAll('\\', '/');
      const others = this.#flat.get(parent);
      if (others) others.push(path.slice(end));
      else this.#flat.set(parent, [path.slice(end)]);
    }
  }

  /** The group at a path that ends in `/`. */
  get(path: string): Hdf5Object | undefined {
    const name = path.slice(0, -1);
    return this.#root.get(name) ?? this.#root.get(name.replaceAll('/', '\\'));
  }

  has(path: string): boolean {
    return this.get(path) !== undefined || this.#flat.has(path);
  }

  /** The numbers of the groups below a path that ends in `/`. A group that is found at many paths is read once. */
  numbers(path: string): Numbers {
    const group = this.get(path);
    if (!group) return numbersIn(this.#flat.get(path) ?? []);
    const numbers = this.#numbers.get(group) ?? numbersIn(group.names());
    this.#numbers.set(group, numbers);
    return numbers;
  }
}

function numbersIn(names: readonly string[]): Numbers {
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
