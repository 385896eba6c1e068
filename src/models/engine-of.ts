import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineName } from '../engines/engine-types.ts';
import { graphsIn } from './graph/graph-origin.ts';
import type { Model } from './model.ts';

/** The engine that computes a model, for reports: tfjs runs graph models, also beside ONNX Runtime. */
export function engineOf({ pipeline }: Pick<Model, 'pipeline'>, engine: Engine): Engine {
  if (engine.name !== 'onnxruntime' || graphsIn(pipeline).length === 0) return engine;
  return { name: tf.getBackend() as EngineName, reason: 'graph models do not run on onnxruntime' };
}
