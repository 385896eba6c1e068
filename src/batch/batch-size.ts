import type { Model } from '../models/model.ts';
import type { EngineName } from '../engines/engine-types.ts';

/** With fewer multiply-accumulates for each weight, reading the weights takes longer than computing with them. */
const FEW_MACS_PER_WEIGHT = 32;
/** The batch size of such models. */
const LARGE_BATCH = 16;
/** The wasm backend multiplies four rows at a time. A last feature map of 7 × 7 places leaves one row over. */
const WASM_ROWS = 4;

/**
 * Returns how many frames go through a model together: 16 for models that use each weight seldom, which are mostly fully
 * connected (LeNet, AlexNet); for others 4 on wasm, else 1.
 *
 * The size depends only on the model and the engine. Nothing is measured, because the last digit of a score may depend on
 * the batch size, and results must not differ from run to run.
 */
export function batchSizeFor({ pipeline }: Pick<Model, 'pipeline'>, engine: EngineName): number {
  // Such a stage takes the frames of a batch one by one.
  if (pipeline.parts.some(({ stage }) => stage.asynchronous)) return 1;
  const { parameters, macs } = pipeline.summary();
  // A pipeline that counts no multiply-accumulates may be a graph of another library that takes one frame only.
  if (macs === 0) return 1;
  if (macs / parameters < FEW_MACS_PER_WEIGHT) return LARGE_BATCH;
  return engine === 'wasm' ? WASM_ROWS : 1;
}

/** Returns how many multiply-accumulates a model has for a frame; 0 if they are not known. */
export function macsOf({ pipeline }: Pick<Model, 'pipeline'>): number {
  return pipeline.inputShape === undefined || pipeline.parts.some(({ stage }) => stage.asynchronous)
    ? 0
    : pipeline.summary().macs;
}
