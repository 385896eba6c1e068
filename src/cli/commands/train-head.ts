import { filter, lastValueFrom, takeUntil, tap } from 'rxjs';
import { featureExamples, type FeatureRow } from '../../datasets/feature-examples.ts';
import type { FeatureStore } from '../../datasets/feature-store.ts';
import { TrainingError } from '../../errors/errors.ts';
import { aborted } from '../../frames/aborted.ts';
import type { Model } from '../../models/model.ts';
import type { EpochRow } from '../../sinks/report/evaluation-html.ts';
import { seedOf, shuffledOrder } from '../../stage/random.ts';
import { fit } from '../../training/fit.ts';
import type { FitProgress } from '../../training/fit-progress.ts';
import type { Transfer } from '../../training/transfer/transfer.ts';

/** The features of frames to learn from, and of others to measure with. */
export interface HeadData {
  readonly store: FeatureStore;
  readonly learned: readonly FeatureRow[];
  readonly heldOut: readonly FeatureRow[];
}

/** How a head is trained. */
export interface HeadSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Ends the training, which then rejects with the reason. */
  readonly signal: AbortSignal;
}

/** Trains the head of a cut model on features, and reports each epoch. The features are read one at a time. */
export async function trainHead(
  { head, shape }: Transfer,
  { store, learned, heldOut }: HeadData,
  { epochs, batchSize, learningRate, seed, signal }: HeadSettings,
  onEpoch: (row: EpochRow) => void,
): Promise<Model> {
  const training = fit(head, (epoch) => featureExamples(store, shape, inRandomOrder(learned, seedOf(seed, epoch))), {
    epochs,
    batchSize,
    optimizer: { name: 'adamw', weightDecay: 0.01 },
    learningRate: { rate: learningRate, schedule: 'cosine' },
    shuffle: 1,
    seed,
    ...(heldOut.length === 0 ? {} : { validation: () => featureExamples(store, shape, heldOut) }),
  });
  const reported = training.pipe(
    takeUntil(aborted(signal)),
    filter(({ kind }) => kind === 'epoch'),
    tap((progress) => onEpoch(rowOf(progress))),
  );
  const last = await lastValueFrom(reported, { defaultValue: undefined });
  signal.throwIfAborted();
  if (!last) throw new TrainingError('the training ended before its first epoch did');
  return last.model;
}

function rowOf({ epoch, loss, accuracy, validation }: FitProgress): EpochRow {
  return {
    epoch,
    loss,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(validation ? { heldOutLoss: validation.loss } : {}),
    ...(validation?.accuracy === undefined ? {} : { heldOutAccuracy: validation.accuracy }),
  };
}

/** The rows in an order of their own. */
function inRandomOrder(rows: readonly FeatureRow[], seed: number): FeatureRow[] {
  return Array.from(shuffledOrder(rows.length, seed), (place) => rows[place] as FeatureRow);
}
