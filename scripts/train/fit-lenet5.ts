import type { Observable } from 'rxjs';
import {
  fit,
  type Classification,
  type ClassificationOptions,
  type FitOptions,
  type FitProgress,
  type Model,
} from 'sluice';

type Options = FitOptions<Classification, ClassificationOptions>;
type Progress = FitProgress<Classification, ClassificationOptions>;

/** Trains LeNet-5 on small pictures, which fill its input: on MNIST and on Fashion-MNIST with the same settings. */
export function fitLenet5(
  model: Model,
  examples: Parameters<typeof fit<Classification, ClassificationOptions>>[1],
  { epochs, seed, validation }: { readonly epochs: number; readonly seed: number } & Pick<Options, 'validation'>,
): Observable<Progress> {
  return fit({ ...model, preprocess: { ...model.preprocess, fit: 'fill' } }, examples, {
    epochs,
    batchSize: 64,
    learningRate: { rate: 0.002, schedule: 'cosine', warmUp: 100 },
    shuffle: 1,
    seed,
    ...(validation ? { validation } : {}),
    earlyStopping: { patience: epochs, monitor: 'accuracy' },
  });
}
