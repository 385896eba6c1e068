import { tensor } from '@tensorflow/tfjs-core';
import { filter, finalize, mergeMap, Observable, of, type ObservableInput } from 'rxjs';
import { fit, transfer, writeModel, type Model } from 'sluice';
import { nameOf } from './name-of.ts';
import type { Epoch, Result, TrainingSet } from './messages.ts';

/** How often the head sees all examples. */
const EPOCHS = 50;

/** Trains a new head of a model, and tells of each epoch. The last result is the model as a file. Unsubscribing ends the training. */
export function trained(
  base: Model<object, object>,
  { labels, vectors, targets, heldOut }: TrainingSet,
): Observable<Result> {
  return new Observable((subscriber) => {
    const cut = transfer(base, labels);
    const { head, shape } = cut;
    const size = vectors.length / targets.length;
    const all = targets.map((target, i) => {
      const data = tensor(vectors.subarray(i * size, (i + 1) * size), [...shape], 'float32');
      return { data, target };
    });
    const held = new Set(heldOut);
    const validation = all.filter((_, i) => held.has(i));
    const learned = all.filter((_, i) => !held.has(i));
    const training = fit(head, learned, {
      epochs: EPOCHS,
      batchSize: 16,
      optimizer: { name: 'adamw', weightDecay: 0.01 },
      learningRate: { rate: 0.003, schedule: 'cosine' },
      ...(validation.length > 0 ? { validation } : {}),
    });
    const results = training.pipe(
      filter(({ kind }) => kind === 'epoch'),
      mergeMap(({ epoch, loss, accuracy = 0, validation: measured, model }): ObservableInput<Result> => {
        const told: Epoch = {
          epoch,
          of: EPOCHS,
          loss,
          accuracy,
          held: measured && { loss: measured.loss, accuracy: measured.accuracy ?? 0 },
        };
        const progress: Result = { type: 'epoch', epoch: told };
        if (epoch < EPOCHS) return of(progress);
        const file = writeModel({ ...cut.whole(model), name: nameOf(labels) }, 'F16') as Uint8Array<ArrayBuffer>;
        return of<Result[]>(progress, { type: 'trained', file });
      }),
      finalize(() => all.forEach(({ data }) => data.dispose())),
    );
    return results.subscribe(subscriber);
  });
}
