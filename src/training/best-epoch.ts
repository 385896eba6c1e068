import { clone, dispose, keep } from '@tensorflow/tfjs-core';
import type { EarlyStopping } from './early-stopping.ts';
import type { Score } from './fit-progress.ts';
import type { Tensors } from './trainer.ts';

/** The best epoch of a training with early stopping, and its weights. */
export class BestEpoch {
  /** The weights, which belong to this. */
  readonly weights: Tensors = new Map();
  readonly #settings: Required<EarlyStopping>;
  #best: { readonly epoch: number; readonly value: number } | undefined;

  constructor(settings: Required<EarlyStopping>) {
    this.#settings = settings;
  }

  /** Undefined before the first epoch has ended. */
  get best(): { readonly epoch: number; readonly value: number } | undefined {
    return this.#best;
  }

  /** Goes on from an earlier training, whose weights were put into `weights`. */
  resume(best: { readonly epoch: number; readonly value: number } | undefined): void {
    this.#best = best;
  }

  /** Keeps the weights of an epoch if it is better than all before. */
  consider(epoch: number, score: Score, weights: Tensors): void {
    const { monitor, minDelta } = this.#settings;
    const value = monitor === 'loss' ? score.loss : (score.accuracy ?? NaN);
    const before = this.#best?.value;
    const gain = before === undefined ? Infinity : monitor === 'loss' ? before - value : value - before;
    if (!(gain > minDelta)) return;
    this.#best = { epoch, value };
    for (const [name, tensor] of weights) {
      this.weights.get(name)?.dispose();
      this.weights.set(name, keep(clone(tensor)));
    }
  }

  /** Whether the epochs up to this one have brought nothing for long enough. */
  hasSettled(epoch: number): boolean {
    // A checkpoint of a training without early stopping has no best epoch.
    return this.#best !== undefined && epoch - this.#best.epoch >= this.#settings.patience;
  }

  dispose(): void {
    dispose([...this.weights.values()]);
  }
}
