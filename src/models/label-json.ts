import { WeightsError } from '../errors/errors.ts';
import { inOrder } from './label-lines.ts';

/** The keys under which files hold class names: `metadata.json`, `config.json` of Hugging Face and of timm, YAML of Ultralytics. */
const KEYS = ['labels', 'id2label', 'label_names', 'names'];

/**
 * @internal The class names in a JSON value: a list, an object from indexes to names, from names to indexes, or an object that
 * holds one of them as `labels`, `id2label`, `label_names` or `names`. Throws `WeightsError`.
 */
export function labelsOfJson(value: unknown, file: string): string[] {
  if (isNames(value)) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notNames(file);
  const key = KEYS.find((name) => Object.hasOwn(value, name) && typeof (value as Named)[name] === 'object');
  if (key !== undefined) return labelsOfJson((value as Named)[key], `${file} (${key})`);
  const entries = Object.entries(value as Named);
  if (entries.length === 0) throw notNames(file);
  if (entries.every(([index]) => /^\d{1,9}$/.test(index))) {
    return inOrder(
      entries.map(([index, name]) => [Number(index), nameOf(name, file)]),
      file,
    );
  }
  const indexes = entries.map(([name, index]) => [index, name] as const);
  if (indexes.every((pair): pair is readonly [number, string] => Number.isSafeInteger(pair[0]))) {
    return inOrder(indexes, file);
  }
  throw notNames(file);
}

type Named = Readonly<Record<string, unknown>>;

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** A name, or as in `imagenet_class_index.json` of Keras a list that ends with it: `["n01440764", "tench"]`. */
function nameOf(value: unknown, file: string): string {
  const name: unknown = isNames(value) ? value.at(-1) : value;
  if (typeof name === 'string') return name;
  throw notNames(file);
}

function notNames(file: string): WeightsError {
  return new WeightsError(
    `${file} is not a list of class names: give a JSON list, an object from indexes to names, a text with one name on each line, or CSV`,
  );
}
