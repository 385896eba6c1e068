import type { Model } from '../models/model.ts';
import type { EngineName } from '../engines/engine-types.ts';

/** So many multiply-accumulates for each weight, and the weights' way through memory no longer counts. */
const FEW_MACS = 32;
const MANY = 16;
/** The wasm backend multiplies four rows at a time; of the 7 × 7 places of a last feature map one is left over. */
const ROWS = 4;

/**
 * How many frames go through a model together: 16 where its weights are used so seldom that reading them takes longer than
 * computing with them (much in fully connected layers: LeNet, AlexNet), else 1, on wasm 4. By model and engine alone, not by
 * a clock: the last digit of a score may hang on it, and results must not differ from run to run.
 */
export function batchSizeFor({ pipeline }: Pick<Model, 'pipeline'>, engine: EngineName): number {
  const { parameters, macs } = pipeline.summary();
  // What counts no multiply-accumulates is not ours, and may take one frame only.
  if (macs === 0) return 1;
  if (macs / parameters < FEW_MACS) return MANY;
  return engine === 'wasm' ? ROWS : 1;
}
