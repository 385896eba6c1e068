import { WeightsError } from '../../errors/errors.ts';
import type { Hdf5Object } from '../hdf5/hdf5-object.ts';
import { openHdf5 } from '../hdf5/open-hdf5.ts';
import { layersOf, MODELS } from '../layers/flat-model.ts';
import { readLayer } from '../layers/layer.ts';
import { MAX_JSON, MAX_NAME } from '../limits.ts';
import { parseObject, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { KerasWeights } from './keras-weights.ts';

/**
 * @internal Reads an `.h5` file that `model.save('model.h5')` of Keras 2 or 3 writes, as a layers model. Throws `WeightsError`.
 *
 * @see keras/src/legacy/saving/legacy_h5_format.py
 */
export function readH5(file: string, bytes: Uint8Array): TfjsModel {
  const root = openHdf5(file, bytes);
  const [config] = root.texts('model_config') ?? [];
  if (config === undefined) throw new WeightsError(`${file} ${withoutModel(root)}`);
  const encoded = new TextEncoder().encode(config);
  if (encoded.length > MAX_JSON) throw new WeightsError(`${file} has a model_config of over ${MAX_JSON} bytes`);
  const topology = parseObject(file, encoded);
  const group = root.get('model_weights');
  const version = (root.texts('keras_version') ?? group?.texts('keras_version'))?.[0];
  return {
    file,
    json: { modelTopology: { keras_version: version ?? '1', model_config: topology } },
    weights: group ? weightsIn(file, group, topology) : new Map(),
  };
}

function withoutModel(root: Hdf5Object): string {
  const names = root.names();
  const weights = root.texts('layer_names') ?? root.texts('layer_names0');
  return weights ||
    names.includes('layers') ||
    names.includes('_layer_checkpoint_dependencies') ||
    names.includes('vars')
    ? 'holds weights without their model, as model.save_weights writes them: save the whole model with model.save("model.keras")'
    : `is an HDF5 file without an attribute model_config, so it is not a model of Keras`;
}

function weightsIn(file: string, group: Hdf5Object, topology: Readonly<Record<string, unknown>>) {
  const model = { ...readLayer(file, topology, 'model_config', 'model'), path: '' };
  const models = new Set(
    layersOf(file, model).flatMap(({ className, name }) => (MODELS.includes(className) ? [name] : [])),
  );
  const weights = new KerasWeights(file);
  for (const layer of textsIn(file, group, 'layer_names')) {
    if (layer.length > MAX_NAME)
      throw new WeightsError(`${file} has a layer whose name has ${layer.length} characters`);
    const own = group.get(layer);
    if (!own) throw new WeightsError(`${file} lacks the weights of ${layer}, which its layer_names list`);
    const names = textsIn(file, own, 'weight_names');
    const shorts = names.map((name) => name.replace(/:\d+$/, ''));
    const lasts = shorts.map((name) => name.split('/').at(-1) ?? name);
    // The names of variables need not begin with that of their layer: it may have been renamed.
    const plain = !models.has(layer) && new Set(lasts).size === lasts.length;
    for (const [i, name] of names.entries()) {
      const short = shorts[i] ?? name;
      const called = plain ? `${layer}/${lasts[i]}` : short.startsWith(`${layer}/`) ? short : `${layer}/${short}`;
      weights.add(called, own.get(name));
    }
  }
  return weights.all();
}

/** The texts of an attribute, which Keras divides into `name0`, `name1` … where it has over 64 kB. */
function textsIn(file: string, group: Hdf5Object, name: string): readonly string[] {
  const whole = group.texts(name);
  if (whole) return whole;
  const parts: (readonly string[])[] = [];
  for (let part = group.texts(`${name}0`); part; part = group.texts(`${name}${parts.length}`)) parts.push(part);
  if (parts.length === 0) throw new WeightsError(`${file} lacks the attribute ${name} in model_weights`);
  return parts.flat();
}
