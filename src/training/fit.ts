import { Observable } from 'rxjs';
import { engineReady } from '../engines/engine.ts';
import type { Model } from '../models/model.ts';
import type { Examples } from './examples/example.ts';
import { trainingOf, type FitOptions } from './fit-options.ts';
import type { FitProgress } from './fit-progress.ts';

/**
 * Trains a model by gradient descent: for each batch of examples, the weights move against the gradient of the loss. Subscribing starts the
 * training, and unsubscribing ends it after at most one more step and frees everything. The model that is given does not change: each
 * {@link FitProgress} has the model as it is at the end of the last epoch.
 *
 * `examples` are frames whose label has a `target` (see {@link labelled}), or `{ data, target }`: pictures, which are prepared as the
 * model needs them, or tensors `[1, height, width, channels]`. A stream is run through anew for each epoch. Frames are held until they are
 * used, so a source is asked for more only then. A function gets the number of the epoch and the model as it is then: what this
 * model does can be the examples, as in reinforcement learning. A `weight` of an example multiplies its loss.
 *
 * The same seed, examples and options give the same weights on the same backend. On `onnxruntime` the training runs on the backend of
 * TensorFlow.js beside it, in Node `wasm`.
 *
 * Throws `OptionError` for an invalid option, and `WeightsError` for a model whose weights are missing: `modelFrom(pipeline, …, { seed })` draws them.
 * The stream fails with a `TrainingError` for an example without a target, with one that the model can't have or with a weight that is not a finite number, without any examples, and
 * where the loss is not a number any more.
 *
 * @see {@link crossEntropy}, {@link labelled}, {@link infer}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 2, 2, 3] }, flatten(), dense({ units: 2 }), softmax());
 * const model = await modelFrom(net, { width: 2, height: 2, range: [0, 1] }, { seed: 1, labels: ['dark', 'light'] });
 * const grey = (level) => ({ width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(level) });
 * const examples = [{ data: grey(20), target: 0 }, { data: grey(230), target: 1 }];
 * const training = fit(model, examples, { epochs: 100, learningRate: 0.05 });
 * const { model: trained, accuracy } = await lastValueFrom(training);
 * console.log(accuracy, trained.labels); // 1 [ 'dark', 'light' ]
 */
export function fit<T extends object, O extends object>(
  model: Model<T, O>,
  examples: Examples<T, O>,
  options: FitOptions<T, O> = {},
): Observable<FitProgress<T, O>> {
  const training = trainingOf(model, examples, options);
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const started = Promise.all([import('./fit-run.ts'), engineReady()]);
    started
      .then(async ([{ FitRun }]) => {
        if (subscriber.closed) return;
        await new FitRun(model, training, abort.signal, (progress) => subscriber.next(progress)).run();
      })
      .then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
    return () => abort.abort();
  });
}
