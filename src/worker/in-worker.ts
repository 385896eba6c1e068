import { Observable, type OperatorFunction } from 'rxjs';
import { classify, type Classification, type ClassifyOptions } from '../tasks/classification/classify.ts';
import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError, ShapeError, WorkerError } from '../errors/errors.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { inOrder } from '../flow/operators/in-order.ts';
import type { Frame } from '../frames/frame.ts';
import { checkKnown } from '../errors/known-options.ts';
import { writeModel } from '../models/model-file.ts';
import type { Model } from '../models/model.ts';
import type { Pixels } from '../stage/pixels.ts';
import { ownStages } from '../models/from-spec.ts';
import { WorkerLink } from './worker-link.ts';
import type { Engine, EngineName, EngineOptions } from '../engines/engine-types.ts';

/** Options of {@link inWorker}. */
export interface InWorkerOptions extends Omit<ClassifyOptions, 'labels'>, Pick<EngineOptions, 'wasmPaths' | 'threads'> {
  /**
   * What the worker computes on; default `auto`, the fastest that works there. The page's own engine is not touched.
   * `onnxruntime` can't be had there: a page gives it as a module, which can't be sent.
   */
  readonly engine?: EngineName | 'auto';
  /** Hears which engine the worker took, and why, when it is ready. */
  readonly onEngine?: (engine: Engine) => void;
  /** Makes the worker where your bundler can't find its script by itself: a module worker that runs `sluice/worker`. */
  readonly worker?: () => Worker;
}

/**
 * Pictures to classes in a module worker, so that a network that is slower than the camera never makes the page stutter:
 * `preprocess`, the network and `classify` on another thread. Pixels `[1, h, w, 3 | 4]` → a {@link Classification}, as
 * those give it: same scores, order and errors, times on the page's clock.
 *
 * Each subscription has a worker of its own: it starts before the source does, and ends with the subscription. A frame
 * keeps its lease until its result is out. At most `inFlight` (default 2) are with the worker at once.
 *
 * Throws `OptionError` for a network with stages of your own or a graph model, which can't be made anew elsewhere, or
 * without a declared input shape, and as `classify` does. A worker that can't be started, or dies, is a `WorkerError` on
 * the stream; an engine that does not work in it, an `EngineError`.
 *
 * @see {@link webcam}
 *
 * @example
 * const net = await mobilenetV1();
 * const labels = webcam({ resize: net.preprocess }).pipe(inWorker(net, { top: 1, wasmPaths: '/wasm/' }));
 * labels.subscribe(({ classes }) => console.log(classes[0].label)).unsubscribe();
 */
export function inWorker(
  network: Model,
  options: InWorkerOptions = {},
): OperatorFunction<Frame<Pixels>, Classification> {
  checkKnown('inWorker', options, OPTIONS);
  const { engine = 'auto', wasmPaths, threads, onEngine, worker = openWorker, ...reading } = options;
  checkNetwork(network);
  // For what it says about its options.
  classify(reading);
  return (frames) =>
    new Observable((subscriber) => {
      const fail = (error: unknown) => subscriber.error(error);
      const ready = (chosen: Engine) => {
        try {
          onEngine?.(chosen);
        } catch (error) {
          fail(error);
        }
        const work = (frame: Frame<Pixels>) => link.classify(frame);
        const results = frames.pipe(inOrder(reading.inFlight ?? 2, work, { name: 'inWorker', check: checkPicture }));
        subscribeWithin(results, subscriber, subscriber);
      };
      const link = new WorkerLink(started(worker), { ready, broken: fail });
      subscriber.add(() => link.close());
      const setup = {
        ...(wasmPaths === undefined ? {} : { wasmPaths: absolute(wasmPaths) }),
        ...(threads === undefined ? {} : { threads }),
      };
      link.start({ model: writeModel(network) as Uint8Array<ArrayBuffer>, engine, setup, reading });
    });
}

const OPTIONS = ['engine', 'wasmPaths', 'threads', 'onEngine', 'worker', 'top', 'minScore', 'inFlight'];

/** Written so that bundlers see it; from the sources, Vite finds the `.ts`. */
function openWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

function started(open: () => Worker): Worker {
  try {
    return open();
  } catch (cause) {
    throw new WorkerError(`inWorker can't start a worker here: ${messageOf(cause)}`, { cause });
  }
}

function checkNetwork(network: Model): void {
  const given: unknown = network;
  if (typeof given !== 'object' || given === null || !('pipeline' in given)) {
    throw new OptionError(`inWorker takes a network, { pipeline, preprocess, labels }, not ${describeValue(given)}`);
  }
  const { name, pipeline } = network;
  const own = ownStages(pipeline.spec);
  if (own.length > 0) {
    throw new OptionError(
      `inWorker can't take ${own.join(', ')} of ${name} along: a worker makes each stage anew from its spec, which does ` +
        'not work for stages of your own and for graph models. Run this network on the page, or leave them out.',
    );
  }
  if (!pipeline.inputShape) throw new OptionError(`inWorker: declare inputShape for ${name}, so that it can be sent`);
}

function checkPicture({ data, label }: Frame<Pixels>): void {
  const context = { stage: 'inWorker', frame: label };
  const given: unknown = data;
  if (typeof given !== 'object' || given === null || !('data' in given) || !ArrayBuffer.isView(given.data)) {
    throw new ShapeError(
      `inWorker takes pictures as they come, before preprocess, but ${describeValue(given)} came`,
      context,
    );
  }
}

/** A worker would read them as being from where its own script is. */
function absolute(paths: NonNullable<EngineOptions['wasmPaths']>): NonNullable<EngineOptions['wasmPaths']> {
  const from = (path: string) => new URL(path, document.baseURI).href;
  if (typeof paths === 'string') return from(paths);
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, from(path)]));
}
