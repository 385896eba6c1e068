import type { Network } from '../models/network.ts';

/** So many multiply-accumulates for each weight, and the weights' way through memory no longer counts. */
const FEW_MACS = 32;
const TOGETHER = 16;

/**
 * How many frames go through a network together: 16 where its weights are used so seldom that reading them takes longer than
 * computing with them (much in fully connected layers: LeNet, AlexNet), else 1. By the network alone, not by a clock: the
 * last digit of a score may hang on it, and results must not differ from run to run.
 */
export function batchSizeFor({ pipeline }: Pick<Network, 'pipeline'>): number {
  const { parameters, macs } = pipeline.summary();
  // What counts no multiply-accumulates is not ours, and may take one frame only.
  return macs > 0 && macs / parameters < FEW_MACS ? TOGETHER : 1;
}
