import * as tf from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';

/** What `model.save` writes, as plain values to tamper with. */
export interface Saved {
  readonly json: Json;
  readonly weights: Uint8Array;
}

export type Json = Record<string, unknown>;

/** Saves a model as tfjs-layers does: a model.json with one shard. */
export async function save(model: layers.LayersModel): Promise<Saved> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const { weightData, weightSpecs, ...rest } = artifacts as tf.io.ModelArtifacts;
  const json = JSON.parse(JSON.stringify(rest)) as Json;
  const manifest = [{ paths: ['group1-shard1of1.bin'], weights: JSON.parse(JSON.stringify(weightSpecs)) as unknown }];
  return { json: { ...json, weightsManifest: manifest }, weights: new Uint8Array(weightData as ArrayBuffer) };
}

/** As a page gets them. */
export function asFiles({ json, weights }: Saved, more: Readonly<Record<string, string>> = {}): File[] {
  return [
    new File([JSON.stringify(json)], 'model.json'),
    new File([weights as Uint8Array<ArrayBuffer>], 'group1-shard1of1.bin'),
    ...Object.entries(more).map(([name, text]) => new File([text], name)),
  ];
}

/** Gives a model repeatable weights: variances over 0, the others around it. */
export function fillWeights(model: layers.LayersModel, random: () => number): void {
  const values = model.weights.map((weight) => {
    const positive = weight.originalName.endsWith('moving_variance');
    const size = weight.shape.reduce<number>((product, n) => product * (n ?? 1), 1);
    const data = Float32Array.from({ length: size }, () => (positive ? 0.5 + random() : (random() - 0.5) * 0.8));
    return tf.tensor(data, weight.shape as number[]);
  });
  model.setWeights(values);
  tf.dispose(values);
}

/** The same model with its weights in fewer bits: what `tensorflowjs_converter --quantize_…` writes. */
export function quantized(
  { json, weights }: Saved,
  dtype: 'uint8' | 'uint16' | 'float16',
  halves: (f: Float32Array) => Uint16Array,
): Saved {
  const [group] = json['weightsManifest'] as [
    { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] },
  ];
  let at = 0;
  const parts: Uint8Array[] = [];
  const specs = group.weights.map((spec) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    const floats = new Float32Array(weights.slice(at, at + 4 * size).buffer);
    at += 4 * size;
    if (dtype === 'float16') {
      parts.push(new Uint8Array(halves(floats).buffer));
      return { ...spec, quantization: { dtype, original_dtype: 'float32' } };
    }
    const min = Math.min(...floats);
    const steps = dtype === 'uint8' ? 255 : 65_535;
    const scale = (Math.max(...floats) - min) / steps || 1;
    const levels = Array.from(floats, (value) => Math.round((value - min) / scale));
    const stored = dtype === 'uint8' ? Uint8Array.from(levels) : Uint16Array.from(levels);
    parts.push(new Uint8Array(stored.buffer));
    return { ...spec, quantization: { dtype, min, scale, original_dtype: 'float32' } };
  });
  return {
    json: { ...json, weightsManifest: [{ ...group, weights: specs }] },
    weights: new Uint8Array(Buffer.concat(parts)),
  };
}
