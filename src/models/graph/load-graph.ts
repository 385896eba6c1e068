import * as tf from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import { EngineError, messageOf, WeightsError } from '../../errors/errors.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { StoredWeight } from '../tfjs/weight-specs.ts';
import { checkNodes } from './check-nodes.ts';

/** A graph model of the converter, whose weights are on the current backend. */
export type LoadedGraphModel = GraphModel<tf.io.IOHandlerSync>;

/** What loads a graph model. */
interface GraphLoader {
  /** Loads the model each time it is called. */
  readonly load: () => LoadedGraphModel;
  /** Whether it has NonMaxSuppression. */
  readonly comparesBoxes: boolean;
  /** The model, whose weights are in the memory that `load` reads: kept beside it, they take no more. */
  readonly model: TfjsModel;
}

/** Loads the converter and checks the model. Throws `WeightsError`, and `EngineError` without the converter. */
export async function graphLoader({ file, json, weights }: TfjsModel): Promise<GraphLoader> {
  const { comparesBoxes } = checkNodes(file, json, weights);
  const { loadGraphModelSync } = await converter();
  const stored = [...weights.values()];
  const weightData = new Uint8Array(stored.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const joined = new Map<string, StoredWeight>();
  let at = 0;
  for (const [name, weight] of weights) {
    const bytes = weightData.subarray(at, at + weight.bytes.length);
    bytes.set(weight.bytes);
    joined.set(name, { ...weight, bytes });
    at += bytes.length;
  }
  const artifacts = {
    ...json,
    modelTopology: json['modelTopology'] as object,
    weightSpecs: stored.map(({ spec }) => spec as unknown as tf.io.WeightsManifestEntry),
    weightData: weightData.buffer,
  };
  const load = () => {
    let model: LoadedGraphModel | undefined;
    try {
      // If loading fails half-way, `tf.tidy` frees the weights created so far.
      tf.tidy(() => {
        model = loadGraphModelSync(artifacts);
        Object.values(model.weights)
          .flat()
          .forEach((tensor) => tf.keep(tensor));
      });
      return model as unknown as LoadedGraphModel;
    } catch (cause) {
      throw new WeightsError(`${file} cannot be loaded: ${messageOf(cause)}`, { cause });
    }
  };
  return { load, comparesBoxes, model: { file, json, weights: joined } };
}

async function converter() {
  try {
    return await import('@tensorflow/tfjs-converter');
  } catch (cause) {
    throw new EngineError(
      `graph models need @tensorflow/tfjs-converter, which is not installed: npm install @tensorflow/tfjs-converter (${messageOf(cause)})`,
      { cause },
    );
  }
}
