import { catchError, EMPTY, filter, take, tap, type Observable } from 'rxjs';
import { picked } from '../errors/picked.ts';
import { Source } from '../flow/gate/frame-source.ts';
import type { Frame } from '../frames/frame.ts';
import type { PreprocessOptions } from '../preprocess/preprocess.ts';
import type { SourceWarning } from '../sources/ffmpeg/decode-options.ts';
import { decodeMedia } from '../sources/ffmpeg/decode.ts';
import type { Media } from '../sources/ffmpeg/media.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import type { FilePart } from './file-part.ts';
import { decoderSampling, type LabelOptions } from './label-options.ts';
import { PartCounter, type PartAccount } from './part-account.ts';
import { samplerFor } from './part-sampling.ts';
import { pickExpression } from './pick-expression.ts';

/** Receives what a part gives while it is labelled. */
export interface PartListener {
  /** A frame was decoded. */
  onFrame(): void;
  /** A frame was labelled. Results come in the order of the frames. */
  onResult(result: FrameResult<object>): void;
}

/** How one part is decoded and labelled. */
export interface PartLabellingOptions {
  readonly part: FilePart;
  readonly media: Media;
  readonly options: LabelOptions;
  /** How the decoder resizes pictures to the model's input. */
  readonly resize: PreprocessOptions;
  readonly batchSize: number;
  readonly listener: PartListener;
}

/** Decoder and model take turns on a core, so that each works with warm caches. Longer turns take more memory for little gain. */
const READ_AHEAD = 64;

/** The labelling of one part of a file: it emits the part's frames and takes their results. */
export class PartLabelling {
  /** Called once: when all frames are labelled, or with the error that ended the part. */
  ended: (end: { error?: unknown }) => void = () => undefined;
  readonly #part: FilePart;
  readonly #listener: PartListener;
  readonly #source: Source<Pixels>;
  readonly #options: LabelOptions;
  readonly #counter = new PartCounter();
  #listenerFailed = false;
  /** The place in the part of each frame that the decoder picks. Undefined if it gives all frames. */
  #places: number[] | undefined;
  #emitted = 0;

  constructor({ part, media, options, resize, batchSize, listener }: PartLabellingOptions) {
    this.#part = part;
    this.#options = options;
    this.#listener = listener;
    const start = part.start === undefined ? options.start : part.start / 1e6;
    const end = part.end === undefined ? options.end : part.end / 1e6;
    const how = {
      resize,
      threads: 1,
      readAhead: READ_AHEAD,
      onWarning: ({ code, message }: SourceWarning) => {
        if (code === 'damaged' || code === 'clock') this.#counter.warned(message);
        // Once a file; one of key frames is one part.
        else if (code === 'ticks' || ((code === 'stream' || code === 'hwaccel') && part.part === 0))
          this.#counter.noticed(message);
      },
      ...picked({ toneMap: options.toneMap }),
      ...decoderSampling(options),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
    };
    const expression = pickExpression(part, options);
    const pictures = decodeMedia(part.source, media, how, {
      origin: part.origin,
      ...(expression === undefined ? {} : { picks: { expression, begin: () => this.#beginToPick() } }),
    });
    this.#source = new Source(pictures, {
      source: part.source,
      onError: 'skip',
      leaseTimeout: Infinity,
      // The engine's own profile gives the times of merged stages. A graph for each stage would take seconds and memory.
      profile: { every: 1, deviceEvery: Infinity },
      maxInFlight: 2 * batchSize,
    });
  }

  /** Emits the frames to label. An error of the source ends this part and not the stream of parts. */
  frames(): Observable<Frame<Pixels>> {
    this.#source.failures.subscribe(({ error }) => this.#counter.failed(error.message));
    const isSampled = samplerFor(this.#part, this.#options);
    return this.#source.pipe(
      filter(({ label: { timestamp } }) => {
        this.#emitted++;
        if (this.#places) return true;
        this.#decoded(timestamp);
        return isSampled(timestamp);
      }),
      tap({ complete: () => this.#complete() }),
      catchError((error: unknown) => {
        this.#endWhenEmpty({ error });
        return EMPTY;
      }),
    );
  }

  /** Takes the result of a frame. */
  result(result: FrameResult<object>): void {
    if (this.#listenerFailed) return;
    const { seq, same } = result;
    const seqInFile = (place: number) => this.#part.firstSeq + (this.#places?.[place] ?? place);
    this.#counter.labelled(same !== undefined);
    try {
      this.#listener.onResult({
        ...result,
        seq: seqInFile(seq),
        ...(same === undefined ? {} : { same: seqInFile(same) }),
      });
    } catch (error) {
      // An error that is thrown inside the subscription would end the process.
      this.#listenerFailed = true;
      this.ended({ error });
    }
  }

  /** Returns what was counted. Call it once, after `ended`. */
  account(): PartAccount {
    return this.#counter.finish();
  }

  /** A run of the decoder begins that makes pictures of sampled frames only. The others are decoded and counted. */
  #beginToPick(): (time: number) => boolean {
    const isSampled = samplerFor(this.#part, this.#options);
    const places: number[] = [];
    let place = 0;
    this.#places = places;
    this.#counter.restart();
    return (time) => {
      this.#decoded(time);
      const isPicked = isSampled(time);
      if (isPicked) places.push(place);
      place++;
      return isPicked;
    };
  }

  #decoded(time: number): void {
    this.#counter.decoded(time);
    this.#listener.onFrame();
  }

  #complete(): void {
    if (this.#places && this.#places.length !== this.#emitted) {
      this.#counter.warned(`${this.#emitted} frames came instead of ${this.#places.length}`);
    }
    this.#endWhenEmpty({});
  }

  /** Ends the part when no frame is in flight: the last frames still are when the source has ended. */
  #endWhenEmpty(end: { error?: unknown }): void {
    this.#source.ledger
      .pipe(
        filter(({ inFlight }) => inFlight === 0),
        take(1),
      )
      .subscribe(() => this.ended(end));
  }
}
