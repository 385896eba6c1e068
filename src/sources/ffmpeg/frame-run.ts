import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { SourceError } from '../../errors/errors.ts';
import { startChild } from './children.ts';
import { ErrorLog } from './error-log.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { TimestampReader } from './timestamps.ts';

/** One decoded picture, without its size: that is the same for the whole run. */
export interface TimedBytes {
  readonly data: Uint8Array;
  readonly timestamp: number;
}

/** What is read of a run. */
export interface RunOptions {
  /** The time (µs) of the first picture; frames before it have none. */
  readonly from?: number | undefined;
  /** From this time (µs) on no more are needed. Default: all are. */
  readonly to?: number;
  /** How many pictures are made in one go. Default 1. */
  readonly ahead?: number;
}

/** How a run ended by itself. */
export interface RunEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Bytes of a last picture that was never finished. */
  readonly pending: number;
}

/**
 * One ffmpeg child that writes pixels on fd 1 and timestamps on fd 3.
 *
 * Pixels are read only until `ahead` pictures with their times are at hand: then the pipe fills up and ffmpeg stands
 * still, until all of them were taken. In one go they cost it less: a picture at a time, it finds the caches cold.
 * Timestamps are always read, and pixels too while a time is missing, or both sides would wait forever.
 */
export class FrameRun {
  readonly errors = new ErrorLog();
  readonly #child: ChildProcess;
  readonly #pixels: FrameAssembler;
  readonly #times: TimestampReader;
  readonly #closed: Promise<void>;
  #asked: { resolve: (frame: TimedBytes | undefined) => void; reject: (error: Error) => void } | undefined;
  #end: RunEnd | Error | undefined;
  readonly #ahead: number;
  readonly #to: number;
  #isFilling = true;

  constructor(
    file: string,
    args: readonly string[],
    frameBytes: number,
    { from, to = Infinity, ahead = 1 }: RunOptions = {},
  ) {
    this.#ahead = ahead;
    this.#to = to;
    this.#pixels = new FrameAssembler(frameBytes);
    this.#times = new TimestampReader(from);
    const child = startChild(file, args, 4);
    this.#child = child;
    this.#stdout?.on('data', (chunk: Buffer) => this.#received(() => this.#pixels.push(chunk)));
    this.#clock?.setEncoding('latin1').on('data', (text: string) => this.#received(() => this.#times.push(text)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.errors.push(text));
    this.#closed = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.errors.end();
        this.#end ??= { code, signal, pending: this.#pixels.pending };
        this.#markDelivered();
        resolve();
      });
    });
    child.on('error', (cause) => {
      if (child.pid !== undefined) return;
      this.#end ??= new SourceError('decode-failed', `${file} did not start: ${cause.message}`, { cause });
      this.#markDelivered();
    });
  }

  /** The time of the first frame decoded, also of one before `from`. */
  get firstTime(): number | undefined {
    return this.#times.first;
  }

  /** How the run ended; undefined while it goes on. */
  get end(): RunEnd | undefined {
    return this.#end instanceof Error ? undefined : this.#end;
  }

  /** The next picture; undefined when there are no more. One call at a time. */
  next(): Promise<TimedBytes | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#markDelivered();
    });
  }

  /** Ends the child at once; resolves when it is gone. A pending `next` resolves as the end. */
  async stop(): Promise<void> {
    this.#asked?.resolve(undefined);
    this.#asked = undefined;
    this.#child.kill('SIGKILL');
    // Unread pixels would keep the stream, and with it `close`, waiting.
    this.#stdout?.destroy();
    this.#clock?.destroy();
    if (this.#child.pid !== undefined) await this.#closed;
  }

  get #stdout(): Readable | null {
    return this.#child.stdout;
  }

  get #clock(): Readable | undefined {
    // No pipes at all where the process could not start for want of file descriptors.
    const pipes: ChildProcess['stdio'] | undefined = this.#child.stdio;
    const pipe = pipes?.[3];
    return pipe instanceof Readable ? pipe : undefined;
  }

  #received(push: () => void): void {
    push();
    this.#markDelivered();
  }

  #markDelivered(): void {
    const asked = this.#asked;
    const ready = Math.min(this.#pixels.ready, this.#times.ready);
    if (ready === 0 && asked !== undefined && this.#end !== undefined) {
      this.#asked = undefined;
      if (this.#end instanceof Error) asked.reject(this.#end);
      else asked.resolve(undefined);
    }
    if (ready === 0) this.#isFilling = true;
    else if (ready >= this.#ahead || this.#end !== undefined || this.#times.last >= this.#to) this.#isFilling = false;
    if (this.#isFilling) {
      this.#stdout?.resume();
      return;
    }
    if (asked === undefined) {
      this.#stdout?.pause();
      return;
    }
    const data = this.#pixels.take();
    const timestamp = this.#times.take();
    if (data === undefined || timestamp === undefined) return;
    this.#asked = undefined;
    asked.resolve({ data, timestamp });
    // Go on reading, or stand still if there is enough already.
    this.#markDelivered();
  }
}
