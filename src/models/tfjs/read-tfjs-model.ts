import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, WeightsError } from '../../errors/errors.ts';
import { MAX_WEIGHT_BYTES, MAX_WEIGHT_FILES } from '../limits.ts';
import { parseJson } from '../parse-json.ts';
import { indexedDbModel } from './indexed-db.ts';
import type { ModelFiles } from './model-files.ts';
import { bytesOf, checkSpecs, splitWeights, type StoredWeight } from './weight-specs.ts';
import { isA } from '../../errors/is-a.ts';

/** @internal A model as TensorFlow.js stores it: its `model.json`, and the bytes of its tensors by name. */
export interface TfjsModel {
  /** Its name in messages. */
  readonly file: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, StoredWeight>;
}

/** @internal Parses a file that holds a JSON object. Throws `WeightsError`. */
export function parseObject(file: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const json = parseJson(bytes, (what, cause) => new WeightsError(`${file} ${what}`, { cause }));
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new WeightsError(`${file} holds ${describeValue(json)}, not an object`);
}

/** @internal Reads the weights that a `model.json` lists, from its folder. Throws `WeightsError`. */
export async function readTfjsModel(files: ModelFiles, json: Readonly<Record<string, unknown>>): Promise<TfjsModel> {
  const { name: file } = files;
  const groups: unknown = json['weightsManifest'] ?? [];
  if (!Array.isArray(groups))
    throw new WeightsError(`${file}: weightsManifest is ${describeValue(groups)}, not a list`);
  const weights = new Map<string, StoredWeight>();
  const read = new Set<string>();
  let all = 0;
  for (const group of groups as readonly (Partial<Record<string, unknown>> | null)[]) {
    const { paths, weights: specs } = group ?? {};
    if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
      throw new WeightsError(`${file}: paths in weightsManifest is ${describeValue(paths)}, not a list of paths`);
    }
    if (read.size + paths.length > MAX_WEIGHT_FILES) {
      throw new WeightsError(`${file} names over ${MAX_WEIGHT_FILES} files of weights`);
    }
    const known = checkSpecs(file, specs, weights.size);
    const total = known.reduce((sum, spec) => sum + bytesOf(spec), 0);
    all += total;
    if (all > MAX_WEIGHT_BYTES) throw new WeightsError(`${file} lists more than ${MAX_WEIGHT_BYTES} bytes of weights`);
    const shards: Uint8Array[] = [];
    let length = 0;
    for (const path of paths) {
      // A small model.json that lists the same file many times could fill the memory.
      if (read.has(path)) throw new WeightsError(`${file} names ${describeValue(path)} twice in weightsManifest`);
      read.add(path);
      // The limit is the number of bytes that are still missing.
      const shard = await files.beside(path, total - length);
      shards.push(shard);
      length += shard.length;
    }
    add(file, weights, splitWeights(file, known, join(shards, length), paths.join(', ')));
  }
  return { file, json, weights };
}

/** @internal Reads a model that TensorFlow.js saved in the browser's IndexedDB: `indexeddb://NAME`. */
export async function readIndexedDb(url: URL): Promise<TfjsModel> {
  const file = url.href;
  const { weightSpecs, weightData, ...json } = await indexedDbModel(file, nameIn(url));
  const parts: unknown[] = Array.isArray(weightData) ? weightData : weightData === undefined ? [] : [weightData];
  if (!parts.every((part) => isA('ArrayBuffer', part))) {
    throw new WeightsError(`the weights of ${file} are ${describeValue(weightData)}, not bytes`);
  }
  const bytes = parts.map((part) => new Uint8Array(part));
  const length = bytes.reduce((sum, part) => sum + part.length, 0);
  const weights = new Map<string, StoredWeight>();
  add(file, weights, splitWeights(file, checkSpecs(file, weightSpecs ?? []), join(bytes, length), 'its record'));
  return { file, json, weights };
}

function nameIn(url: URL): string {
  const name = url.host + url.pathname;
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new WeightsError(`${url.href} is not a valid name of a model: ${messageOf(cause)}`, { cause });
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function add(file: string, weights: Map<string, StoredWeight>, more: readonly [string, StoredWeight][]): void {
  for (const [name, weight] of more) {
    if (weights.has(name)) throw new WeightsError(`${file} has two weights called ${name}`);
    weights.set(name, weight);
  }
}
