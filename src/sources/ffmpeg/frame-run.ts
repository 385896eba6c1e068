import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { SourceError } from '../../errors/errors.ts';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import { startChild } from './children.ts';
import { ErrorLog } from './error-log.ts';
import { FrameAssembler } from './frame-assembler.ts';
import { TimestampReader, type TimesOptions } from './timestamps.ts';

/** One decoded picture. Its size is that of the whole run. */
export interface TimedBytes {
  readonly data: Uint8Array;
  readonly timestamp: number;
  /** A small grey picture of the same frame, if the run has those. */
  readonly small?: Uint8Array | undefined;
  /** The number of the shot that it was chosen from, from 0. */
  readonly scene?: number;
}

/** Which pictures of a run are read. */
export interface RunOptions extends TimesOptions {
  /** How many pictures are decoded in one go. Default 1. */
  readonly ahead?: number;
  /** How many bytes a small picture has that comes with each picture. Default: none comes. */
  readonly smallBytes?: number;
  /** What ffmpeg reads servers through. */
  readonly proxy?: ForwardProxy | undefined;
}

/** How a run ended without being stopped. */
export interface RunEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The bytes of a last, incomplete picture. */
  readonly pending: number;
}

/**
 * One ffmpeg child that writes pixels on fd 1 and timestamps on fd 3, and maybe small pictures on fd 4.
 *
 * Pixels are read until `ahead` pictures with their times are complete. Then the pipe fills up and ffmpeg pauses until all of
 * them are taken; decoding several in one go uses its caches better. Timestamps and small pictures are always read, and pixels as well while a
 * time is missing, because otherwise both processes would wait for each other.
 */
export class FrameRun {
  readonly errors = new ErrorLog();
  readonly #child: ChildProcess;
  readonly #pixels: FrameAssembler;
  readonly #small: FrameAssembler | undefined;
  readonly #times: TimestampReader;
  readonly #closed: Promise<void>;
  #asked: { resolve: (frame: TimedBytes | undefined) => void; reject: (error: Error) => void } | undefined;
  #end: RunEnd | SourceError | undefined;
  readonly #ahead: number;
  readonly #to: number;
  #isFilling = true;

  constructor(
    file: string,
    args: readonly string[],
    frameBytes: number,
    { ahead = 1, smallBytes, proxy, ...times }: RunOptions = {},
  ) {
    this.#ahead = ahead;
    this.#to = times.to ?? Infinity;
    this.#pixels = new FrameAssembler(frameBytes);
    this.#small = smallBytes === undefined ? undefined : new FrameAssembler(smallBytes);
    this.#times = new TimestampReader(times);
    const child = startChild(file, args, smallBytes === undefined ? 4 : 5, { proxy });
    this.#child = child;
    this.#stdout?.on('data', (chunk: Buffer) => this.#received(() => this.#pixels.push(chunk)));
    this.#pipe(4)?.on('data', (chunk: Buffer) => this.#received(() => this.#small?.push(chunk)));
    this.#pipe(3)
      ?.setEncoding('latin1')
      .on('data', (text: string) => this.#received(() => this.#times.push(text)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.errors.push(text));
    this.#closed = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.errors.end();
        this.#times.end();
        this.errors.connection.failure ??= proxy?.problem;
        this.#end ??= proxy?.refusal;
        this.#end ??= { code, signal, pending: this.#pixels.pending };
        this.#answer();
        resolve();
      });
    });
    child.on('error', (cause) => {
      if (child.pid !== undefined) return;
      this.#end ??= new SourceError('decode-failed', `${file} did not start: ${cause.message}`, { cause });
      this.#answer();
    });
  }

  /** What is known of the times of the frames, also of those before `from`. */
  get times(): Pick<TimestampReader, 'first' | 'origin' | 'repaired' | 'lacksPixels' | 'passedOver'> {
    return this.#times;
  }

  /** How the run ended; undefined while it goes on. */
  get end(): RunEnd | undefined {
    return this.#end instanceof SourceError ? undefined : this.#end;
  }

  /** The next picture; undefined when there are no more. One call at a time. */
  next(): Promise<TimedBytes | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#answer();
    });
  }

  /** Ends the child at once; resolves when it is gone. A pending `next` resolves as the end. */
  async stop(): Promise<void> {
    this.#asked?.resolve(undefined);
    this.#asked = undefined;
    this.#child.kill('SIGKILL');
    // Unread pixels would keep the stream open and delay `close`.
    this.#stdout?.destroy();
    this.#pipe(3)?.destroy();
    this.#pipe(4)?.destroy();
    if (this.#child.pid !== undefined) await this.#closed;
  }

  get #stdout(): Readable | null {
    return this.#child.stdout;
  }

  #pipe(fd: 3 | 4): Readable | undefined {
    // No pipes at all where the process could not start for want of file descriptors.
    const pipes: ChildProcess['stdio'] | undefined = this.#child.stdio;
    const pipe = pipes?.[fd];
    return pipe instanceof Readable ? pipe : undefined;
  }

  /** How many pictures are complete. */
  get #complete(): number {
    return Math.min(this.#pixels.ready, this.#small?.ready ?? Infinity);
  }

  #received(push: () => void): void {
    push();
    this.#answer();
  }

  #answer(): void {
    while (this.#complete > 0 && this.#times.skip()) {
      this.#pixels.take();
      this.#small?.take();
    }
    const asked = this.#asked;
    const ready = Math.min(this.#complete, this.#times.ready);
    if (ready === 0 && asked !== undefined && (this.#end !== undefined || this.#times.lacksPixels)) {
      this.#asked = undefined;
      if (this.#end instanceof SourceError) asked.reject(this.#end);
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
    const small = this.#small?.take();
    const timestamp = this.#times.take();
    if (data === undefined || timestamp === undefined) return;
    this.#asked = undefined;
    asked.resolve({ data, timestamp, small });
    // Read on, or pause if there are enough pictures.
    this.#answer();
  }
}
