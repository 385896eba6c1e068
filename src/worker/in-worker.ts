import { Observable, type OperatorFunction } from 'rxjs';
import { checkModel, readerOf, type InferOptions } from '../models/infer.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { describeValue } from '../errors/describe-value.ts';
import { messageOf, ShapeError, WorkerError } from '../errors/errors.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { inOrder } from '../flow/operators/in-order.ts';
import type { Frame } from '../frames/frame.ts';
import type { Model } from '../models/model.ts';
import type { Pixels } from '../stage/pixels.ts';
import { CameraPicture } from '../sources/browser/camera-picture.ts';
import { checkSendable, sentModel } from './sent-model.ts';
import { WorkerLink } from './worker-link.ts';
import type { Engine, EngineName, EngineOptions } from '../engines/engine-types.ts';

/** Options of {@link inWorker}: the options of `infer` and {@link WorkerOptions}. */
export type InWorkerOptions<O extends object = ClassificationOptions> = InferOptions<O> & WorkerOptions;

/** Options for the worker of {@link inWorker}. */
export interface WorkerOptions extends Pick<EngineOptions, 'wasmPaths' | 'threads'> {
  /**
   * The engine in the worker. Default `auto`, the fastest engine that works there. The page's engine does not change.
   * `onnxruntime` is not available, because its module can't be sent to a worker.
   */
  readonly engine?: EngineName | 'auto';
  /** Called when the worker is ready, with its engine and the reason for it. */
  readonly onEngine?: (engine: Engine) => void;
  /**
   * Makes a module worker that runs `sluice/worker`, where the script is not found, or to load only the engine that runs.
   * Default: sluice makes it from one file with all engines.
   */
  readonly worker?: () => Worker;
}

const WORKER_OPTIONS = ['engine', 'wasmPaths', 'threads', 'onEngine', 'worker'] as const;

/**
 * Runs a model on pictures in a module worker, so that a slow model does not block the page. It is `infer` on another thread:
 * Pixels `[1, h, w, 3 | 4]` → a {@link FrameResult} with the same result, order and errors. Timings are on the page's clock.
 *
 * Each subscription has its own worker. The worker starts before the source and ends with the subscription. A frame keeps
 * its lease until its result is emitted. The worker has at most `inFlight` (default 2) frames at once.
 *
 * Throws `OptionError` for the same options as `infer`, for a model with stages of your own or of ONNX Runtime, which a
 * worker can't build from a spec, and for a model without a declared input shape. The stream fails with a `WorkerError` if the
 * worker does not start or stops, and with an `EngineError` if the engine does not work in it.
 *
 * @see {@link webcam}, {@link "sluice".infer | infer}
 *
 * @example
 * const model = await mobilenetV1();
 * const results = webcam({ resize: model.preprocess }).pipe(inWorker(model, { top: 1, wasmPaths: '/wasm/' }));
 * results.subscribe(({ classes }) => console.log(classes[0].label)).unsubscribe();
 */
export function inWorker<T extends object, O extends object>(
  model: Model<T, O>,
  options: InWorkerOptions<NoInfer<O>> = {} as InWorkerOptions<O>,
): OperatorFunction<Frame<Pixels>, FrameResult<T>> {
  checkModel('inWorker', model);
  checkSendable(model);
  const { inFlight } = readerOf('inWorker', model, options, WORKER_OPTIONS);
  const { engine = 'auto', wasmPaths, threads, onEngine, worker = openWorker, ...inferring } = options as WorkerOptions;
  return (frames) =>
    new Observable((subscriber) => {
      const fail = (error: unknown) => subscriber.error(error);
      const ready = (chosen: Engine) => {
        try {
          onEngine?.(chosen);
        } catch (error) {
          fail(error);
        }
        const work = (frame: Frame<Pixels>) => link.infer(frame) as Promise<FrameResult<T>>;
        const results = frames.pipe(inOrder(inFlight, work, { name: 'inWorker', check: checkPicture }));
        subscribeWithin(results, subscriber, subscriber);
      };
      const link = new WorkerLink(started(worker), { ready, broken: fail });
      subscriber.add(() => link.close());
      const setup = {
        ...(wasmPaths === undefined ? {} : { wasmPaths: absolute(wasmPaths) }),
        ...(threads === undefined ? {} : { threads }),
      };
      link.start({ model: sentModel(model), engine, setup, options: inferring });
    });
}

/** Bundlers recognize this expression and take the script. In the sources, Vite resolves it to the `.ts` file. */
function openWorker(): Worker {
  return new Worker(new URL('./worker-bundle.js', import.meta.url), { type: 'module' });
}

function started(open: () => Worker): Worker {
  try {
    return open();
  } catch (cause) {
    throw new WorkerError(`inWorker can't start a worker here: ${messageOf(cause)}`, { cause });
  }
}

function checkPicture({ data, label }: Frame<Pixels>): void {
  const context = { stage: 'inWorker', frame: label };
  const given: unknown = data;
  // Not read here: that is for the worker to do.
  if (given instanceof CameraPicture) return;
  if (typeof given !== 'object' || given === null || !('data' in given) || !ArrayBuffer.isView(given.data)) {
    throw new ShapeError(
      `inWorker needs pictures as the source gives them, without preprocess, but got ${describeValue(given)}`,
      context,
    );
  }
}

/** Resolves paths against the page. The worker would resolve them against its script. */
function absolute(paths: NonNullable<EngineOptions['wasmPaths']>): NonNullable<EngineOptions['wasmPaths']> {
  const from = (path: string) => new URL(path, document.baseURI).href;
  if (typeof paths === 'string') return from(paths);
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, from(path)]));
}
