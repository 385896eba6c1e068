import { Worker } from 'node:worker_threads';
import { SourceError } from '../../errors/errors.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import type { SelfDropping } from '../../flow/gate/self-dropping.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkDecodeOptions, DECODE_NAMES, type DecodeOptions } from '../ffmpeg/decode-options.ts';
import type { DecodedMedia } from '../ffmpeg/decode.ts';
import { parseLocation } from '../ffmpeg/input.ts';
import { Media } from '../ffmpeg/media.ts';
import { threadScript } from '../own-script.ts';
import { keptUnder, type Kept } from './kept-frames.ts';
import type { LiveMessage, LiveOrder, LiveTask } from './live-message.ts';

type Next = IteratorResult<Arrival<Pixels>, undefined>;

const DONE: Next = { done: true, value: undefined };

/** The same as `decode`, for a source whose frames may be dropped: they are decoded in a thread of their own. */
export function decodeLive(
  where: string | URL,
  options: DecodeOptions,
): Pick<DecodedMedia, 'name' | 'info'> & AsyncIterable<Arrival<Pixels>> {
  checkDecodeOptions(options);
  const { name } = parseLocation(where);
  const media = new Media(where, options);
  return {
    name,
    info: async () => (await media.open()).info,
    [Symbol.asyncIterator]: () => new LiveDecoding(where, media, options),
  };
}

/**
 * One pass through a source in a thread that reads without a break. So frames are dropped as they come, also while this
 * thread computes: they do not pile up in pipes and sockets.
 */
class LiveDecoding implements AsyncIterableIterator<Arrival<Pixels>, undefined>, SelfDropping {
  readonly #where: string;
  readonly #media: Media;
  readonly #options: DecodeOptions;
  readonly #abort = new AbortController();
  readonly #asked: { resolve: (result: Next) => void; reject: (error: unknown) => void }[] = [];
  /** The child processes of the thread. They must not outlive this process, and the thread cannot end them when it exits. */
  readonly #children = new Set<number>();
  #kept: Kept = 'all';
  #dropped: Parameters<SelfDropping['keep']>[1] = () => undefined;
  #worker: Promise<Worker> | undefined;
  #gone: Promise<void> | undefined;
  #done = false;

  constructor(where: string | URL, media: Media, options: DecodeOptions) {
    this.#where = String(where);
    this.#media = media;
    this.#options = options;
  }

  keep(...[capacity, dropped]: Parameters<SelfDropping['keep']>): void {
    const kept = keptUnder(capacity);
    this.#kept = kept;
    this.#dropped = dropped;
    this.#order({ type: 'keep', kept });
  }

  next(): Promise<Next> {
    if (this.#done) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.catch((error: unknown) => this.#end(error));
      this.#order({ type: 'next' });
    });
  }

  /** Ends every pending `next()` and the thread; resolves when the thread and its child process are gone. */
  async return(): Promise<Next> {
    this.#end();
    await this.#worker?.catch(() => undefined);
    await this.#gone;
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #order(order: LiveOrder): void {
    this.#worker?.then(
      (worker) => worker.postMessage(order, []),
      () => undefined,
    );
  }

  async #start(): Promise<Worker> {
    const media = await this.#media.open(this.#abort.signal);
    this.#abort.signal.throwIfAborted();
    const workerData: LiveTask = { where: this.#where, media, options: sendable(this.#options), kept: this.#kept };
    const worker = new Worker(threadScript('live-worker', import.meta.url), { workerData });
    process.on('exit', this.#killChildren);
    worker.on('message', (message: LiveMessage) => this.#receive(message));
    worker.on('error', (cause) => {
      const message = `${media.input.name}: the thread that decodes it failed: ${cause.message}`;
      this.#end(new SourceError('decode-failed', message, { cause }));
    });
    this.#gone = new Promise((resolve) => {
      worker.once('exit', () => {
        process.off('exit', this.#killChildren);
        this.#killChildren();
        this.#end();
        resolve();
      });
    });
    return worker;
  }

  #receive(message: LiveMessage): void {
    if (message.type === 'child') {
      if (message.runs) this.#children.add(message.pid);
      else this.#children.delete(message.pid);
    } else if (this.#done) return;
    else if (message.type === 'warning') this.#options.onWarning?.(message.warning);
    else if (message.type === 'end') this.#end();
    else if (message.type === 'failed') this.#end(new SourceError(message.code, message.message));
    else {
      const { timestamp, at } = message;
      const when = { timestamp, arrivedAt: at - performance.timeOrigin };
      if (message.type === 'frame')
        this.#asked.shift()?.resolve({ done: false, value: { data: message.data, ...when } });
      else this.#dropped({ data: { byteLength: message.bytes }, ...when }, message.cause);
    }
  }

  /** The end of the pass; with an error, the first pending `next()` fails. */
  #end(...[error]: [error?: unknown]): void {
    if (this.#done) return;
    this.#done = true;
    if (error !== undefined) this.#asked.shift()?.reject(error);
    for (const { resolve } of this.#asked.splice(0)) resolve(DONE);
    this.#abort.abort();
    this.#order({ type: 'stop' });
  }

  readonly #killChildren = (): void => {
    for (const pid of this.#children) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    this.#children.clear();
  };
}

/** The decoder's own options, without its callback: a source has others, which cannot be sent to a thread. */
function sendable(options: DecodeOptions): LiveTask['options'] {
  const own = Object.entries(options).filter(([name]) => name !== 'onWarning' && Object.hasOwn(DECODE_NAMES, name));
  return Object.fromEntries(own);
}
