import { Observable, type OperatorFunction } from 'rxjs';
import { readerOf, type InferOptions } from '../models/infer.ts';
import type { ClassificationOptions } from '../tasks/classification/class-scores.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError, ShapeError, WorkerError } from '../errors/errors.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { inOrder } from '../flow/operators/in-order.ts';
import type { Frame } from '../frames/frame.ts';
import { writeModel } from '../models/model-file.ts';
import type { Model } from '../models/model.ts';
import type { Pixels } from '../stage/pixels.ts';
import { ownStages } from '../models/from-spec.ts';
import { WorkerLink } from './worker-link.ts';
import type { Engine, EngineName, EngineOptions } from '../engines/engine-types.ts';

/** Options of {@link inWorker}: those of `infer`, and how the worker is set up. */
export type InWorkerOptions<O extends object = ClassificationOptions> = InferOptions<O> & WorkerOptions;

/** How {@link inWorker} sets its worker up. */
export interface WorkerOptions extends Pick<EngineOptions, 'wasmPaths' | 'threads'> {
  /**
   * The engine in the worker. Default `auto`, the fastest that works there; the page's own engine stays as it is.
   * `onnxruntime` is not available there: a page gives it as a module, which can't be sent to a worker.
   */
  readonly engine?: EngineName | 'auto';
  /** Called when the worker is ready, with the engine that it took and the reason. */
  readonly onEngine?: (engine: Engine) => void;
  /** Makes the worker where a bundler can't find its script by itself: a module worker that runs `sluice/worker`. */
  readonly worker?: () => Worker;
}

const WORKER_OPTIONS = ['engine', 'wasmPaths', 'threads', 'onEngine', 'worker'] as const;

/**
 * Runs a model on pictures in a module worker, so that a model that is slower than the camera never makes the page stutter.
 * It is `infer` on another thread: Pixels `[1, h, w, 3 | 4]` → a {@link FrameResult} with the same result, order and errors,
 * and timings on the page's clock.
 *
 * Each subscription has its own worker, which starts before the source does and ends with the subscription. A frame keeps
 * its lease until its result is out. At most `inFlight` (default 2) frames are with the worker at once.
 *
 * Throws `OptionError` for a model with stages of your own or a graph model, which can't be made again elsewhere, or without
 * a declared input shape, and as `infer` does. A worker that can't be started, or dies, is a `WorkerError` on the stream; an
 * engine that does not work in it is an `EngineError`.
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
  const { engine = 'auto', wasmPaths, threads, onEngine, worker = openWorker, ...inferring } = options as WorkerOptions;
  const { inFlight } = readerOf('inWorker', model, inferring as InferOptions<O>, WORKER_OPTIONS);
  checkSendable(model);
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
      const file = writeModel(model) as Uint8Array<ArrayBuffer>;
      link.start({ model: file, engine, setup, options: inferring });
    });
}

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

/** Throws `OptionError` for a model that can't be written as a file. */
function checkSendable({ name, pipeline }: Model<object, object>): void {
  const own = ownStages(pipeline.spec);
  if (own.length > 0) {
    throw new OptionError(
      `inWorker can't take ${own.join(', ')} of ${name} along: a worker makes each stage anew from its spec, which does ` +
        'not work for stages of your own and for graph models. Run this model on the page, or leave them out.',
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
