import type { FrameResult } from '../tasks/frame-result.ts';
import { SluiceError, WorkerError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { CameraPicture } from '../sources/browser/camera-picture.ts';
import { lookOf, type Pixels } from '../stage/pixels.ts';
import { now } from '../frames/clock.ts';
import { arrivalOf, readTimings } from '../frames/trace.ts';
import { tellWarmUp } from '../engines/warm-ups.ts';
import { toError, type ErrorMessage } from './error-message.ts';
import { own, shared, type Answer, type Picture, type Start } from './messages.ts';
import type { Engine } from '../engines/engine-types.ts';

/** A frame that is at the worker, and the promise of its result. */
interface PendingFrame {
  readonly frame: Frame<Pixels>;
  readonly resolve: (result: FrameResult<object>) => void;
  readonly reject: (error: Error) => void;
}

/** The callbacks for events of a worker. */
interface WorkerListener {
  /** Called when the worker can take pictures. */
  ready(engine: Engine): void;
  /** Called when the worker fails and can't continue. */
  broken(error: Error): void;
}

/** The page's connection to one worker. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #listener: WorkerListener;
  readonly #pending = new Map<number, PendingFrame>();
  /** Memory that the worker returned, for the next pictures. It never holds more buffers than were at the worker at once. */
  readonly #spare: ArrayBuffer[] = [];
  #next = 0;
  #ready = false;
  #closed = false;

  constructor(worker: Worker, listener: WorkerListener) {
    this.#worker = worker;
    this.#listener = listener;
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      try {
        this.#receive(data);
      } catch {
        this.#breakUnreadable();
      }
    });
    worker.addEventListener('messageerror', () => this.#breakUnreadable());
    // An error event without a message means that the script did not load.
    worker.addEventListener('error', ({ message }: Partial<ErrorEvent>) =>
      this.#break(message || 'its script could not be loaded'),
    );
  }

  /** Sends the model. The listener is called when the worker is ready. */
  start(start: Omit<Start, 'type'>): void {
    this.#post({ type: 'start', ...start }, [start.model.file.buffer]);
  }

  /** Sends a picture and resolves to its result. Rejects with the error of the stage that failed. */
  infer(frame: Frame<Pixels>): Promise<FrameResult<object>> {
    const { label, trace, data } = frame;
    const id = this.#next++;
    const message: Omit<Picture, 'picture'> = {
      type: 'picture',
      id,
      label,
      leftAt: shared(trace?.marks.at(-1) ?? NaN),
      timed: trace?.closed !== true,
      asksDevice: trace?.asksDevice === true,
    };
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { frame, resolve, reject });
      if (!this.#sendFrame(message, frame)) this.#sendPixels(message, data);
    });
  }

  /** Sends the frame of a camera that was not read yet. False: there is none, or this browser cannot send it. */
  #sendFrame(message: Omit<Picture, 'picture'>, held: Frame<Pixels>): boolean {
    const { data } = held;
    // While the worker computes, it reads nothing, and a camera that lacks a frame gives no newer ones.
    const isIdle = this.#pending.size === 1;
    const picture = isIdle && data instanceof CameraPicture ? data.send() : undefined;
    if (!picture) return false;
    try {
      this.#post({ ...message, picture }, [picture.frame]);
    } catch {
      picture.frame.close();
      return false;
    }
    // Not before all that got the frame at the same time have seen it.
    queueMicrotask(() => (data as CameraPicture).handOver(held.shared));
    return true;
  }

  #sendPixels(message: Omit<Picture, 'picture'>, pixels: Pixels): void {
    const data = this.#copy(pixels.data);
    const picture = { ...lookOf(pixels), channels: pixels.channels, data };
    this.#post({ ...message, picture }, [data.buffer]);
  }

  /** Terminates the worker. Pending results are lost. */
  close(): void {
    this.#closed = true;
    this.#pending.clear();
    this.#worker.terminate();
  }

  /**
   * Other operators may use the same picture, so a copy is transferred. The copy reuses memory that the worker returned. That
   * takes 0.03 ms for 224 × 224 RGBA and 0.2 ms for 1280 × 720; structured cloning takes 0.24 ms and 5.3 ms.
   */
  #copy(data: Pixels['data']): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    const copy = new Uint8Array(spare?.byteLength === data.length ? spare : new ArrayBuffer(data.length));
    copy.set(data);
    return copy;
  }

  #post(message: Start | Picture, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(answer: Answer): void {
    if (this.#closed) return;
    if (answer.type === 'warm-up') tellWarmUp(answer.progress);
    else if (answer.type === 'ready') {
      this.#ready = true;
      this.#listener.ready(answer.engine);
    } else if (answer.type === 'broken') this.#listener.broken(ownError(answer.error));
    else this.#settle(answer);
  }

  #settle(answer: Extract<Answer, { readonly id: number }>): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) {
      this.#breakUnreadable();
      return;
    }
    // A message that cannot be read throws here, before the frame counts as answered.
    const settle =
      answer.type === 'failed'
        ? pending.reject.bind(undefined, ownError(answer.error))
        : pending.resolve.bind(undefined, resultOf(pending.frame, answer));
    this.#pending.delete(answer.id);
    if (!filled(pending.frame, answer.memory)) this.#spare.push(answer.memory);
    settle();
  }

  #breakUnreadable(): void {
    this.#break('one of its messages could not be read');
  }

  #break(what: string): void {
    if (this.#closed) return;
    const remedy = this.#ready
      ? ''
      : '. Make sure that the server serves the bundled script as JavaScript, or give your own worker: worker: () => …';
    this.#listener.broken(
      new WorkerError(`inWorker's worker ${this.#ready ? 'died' : 'did not start'}: ${what}${remedy}`),
    );
  }
}

/** What failed in the worker. An error that is not sluice's becomes the cause of one. */
function ownError(message: ErrorMessage): SluiceError {
  const error = toError(message);
  return error instanceof SluiceError
    ? error
    : new WorkerError(`inWorker's worker failed: ${error.message}`, { cause: error });
}

/** The pixels of a camera's frame come back with the answer: the page has them from then on. */
function filled(frame: Frame<Pixels>, memory: ArrayBuffer): boolean {
  return frame.live && frame.data instanceof CameraPicture && frame.data.filledWith(memory);
}

/** Makes the same result as `infer` on the page: it adds the timings of earlier stages and converts times to the page's clock. */
function resultOf(
  { label, trace }: Frame<Pixels>,
  { result, timings }: Extract<Answer, { readonly type: 'result' }>,
): FrameResult<object> {
  const here = timings.map((timing) => ({ ...timing, startMs: own(timing.startMs) }));
  return { ...label, ...result, timings: [...readTimings(trace), ...here], latencyMs: now() - arrivalOf(trace) };
}
