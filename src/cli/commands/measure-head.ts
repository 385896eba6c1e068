import { tensor } from '@tensorflow/tfjs-core';
import { lastValueFrom, map } from 'rxjs';
import type { FeatureRow } from '../../datasets/feature-examples.ts';
import type { FeatureStore } from '../../datasets/feature-store.ts';
import { evaluate } from '../../evaluation/evaluate.ts';
import { FEW } from '../../evaluation/evaluator.ts';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import { frameSource } from '../../flow/gate/frame-source.ts';
import type { Model } from '../../models/model.ts';
import { classify } from '../../tasks/classification/classify.ts';
import type { Transfer } from '../../training/transfer/transfer.ts';

/** What a trained head makes of features that it did not learn from. */
export function measureHead(
  { shape }: Transfer,
  { pipeline, labels }: Model,
  store: FeatureStore,
  rows: readonly FeatureRow[],
): Promise<Evaluation> {
  const frames = function* () {
    let timestamp = 0;
    for (const { place, source, target } of rows) {
      yield { data: tensor(store.read(place), [...shape], 'float32') as never, source, target, timestamp: timestamp++ };
    }
  };
  const scores = frameSource(frames(), { source: 'features', profile: { every: Infinity } }).pipe(pipeline);
  const results = scores.pipe(
    classify({ labels: [...labels], top: FEW }),
    // Of the file, and not of the row.
    map((result) => {
      const { seq = 0, timestamp = 0 } = rows[result.seq] ?? {};
      return { ...result, seq, timestamp };
    }),
  );
  return lastValueFrom(results.pipe(evaluate({ labels })));
}
