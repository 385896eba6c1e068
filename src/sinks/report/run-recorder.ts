import { OpenSegment, type Segment } from '../../tasks/open-segment.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Task } from '../../tasks/task.ts';
import { classification } from '../../tasks/classification/classification.ts';
import type { FileRecord, RunRecord } from './run-record.ts';

/** Of a file and of all of them: more can't be seen in a plot, and would be memory. */
const MOST_SEGMENTS = 500;
const MOST_SEGMENTS_IN_ALL = 50_000;
const MOST_SAMPLES = 512;

interface OpenFile {
  source: string;
  frames: number;
  start: number;
  end: number;
  error?: string;
  segments: Segment[];
  omitted: number;
}

/** What is known at the end of a run, beside its results. */
export interface RunEnd
  extends Pick<RunRecord, 'elapsedSeconds' | 'engine'>, Partial<Pick<RunRecord, 'time' | 'timeNotes' | 'stages'>> {
  readonly frames: Pick<RunRecord['frames'], 'decoded' | 'failed'>;
}

/**
 * Gathers what {@link reportHtml} shows while a run goes on: give it the results in order, what failed, and now and then how
 * many frames were labelled so far. Its memory is bounded: of a file's segments the first 500 are kept, of the samples every
 * second one when they become many.
 *
 * @see {@link reportHtml}
 *
 * @example
 * const recorder = new RunRecorder();
 * recorder.take(result);
 * recorder.sample(1.5, 1);
 * const { files } = recorder.record({ elapsedSeconds: 2, engine: 'cpu', frames: { decoded: 1, failed: 0 } });
 * console.log(files.length); // 1
 */
export class RunRecorder {
  readonly #startedAt = new Date().toISOString();
  readonly #files = new Map<string, OpenFile>();
  readonly #open: OpenSegment;
  #samples: { seconds: number; frames: number }[] = [];
  #every = 1;
  #offered = 0;
  #segments = 0;
  #labelled = 0;

  /** `task`: the one whose results are recorded. Default: `classification()`. */
  constructor({ task = classification() }: { readonly task?: Task } = {}) {
    this.#open = new OpenSegment(task, (segment) => this.#keep(segment));
  }

  /** Records one result. */
  take(result: StoredResult<object>): void {
    const { source, timestamp, end = timestamp } = result;
    const file = this.#file(source);
    if (file.frames === 0) file.start = timestamp;
    file.frames++;
    file.end = Math.max(end, timestamp);
    this.#labelled++;
    this.#open.take(result);
  }

  /** A file could not be read, or not to its end. */
  failed(source: string, error: string): void {
    this.#file(source).error = error;
  }

  /** So many frames are labelled after so many seconds. */
  sample(seconds: number, frames: number): void {
    if (this.#offered++ % this.#every !== 0) return;
    this.#samples.push({ seconds, frames });
    if (this.#samples.length < MOST_SAMPLES) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }

  /** All of it; the last sample is the end. */
  record({ elapsedSeconds, engine, frames, time = [], timeNotes = [], stages = [] }: RunEnd): RunRecord {
    this.#open.close();
    const before = this.#samples.filter(({ seconds }) => seconds < elapsedSeconds);
    return {
      startedAt: this.#startedAt,
      elapsedSeconds,
      engine,
      frames: { ...frames, labelled: this.#labelled },
      time,
      timeNotes,
      stages,
      throughput: [{ seconds: 0, frames: 0 }, ...before, { seconds: elapsedSeconds, frames: this.#labelled }],
      files: [...this.#files.values()].map((file): FileRecord => ({ ...file })),
    };
  }

  #keep(segment: Segment): void {
    const file = this.#file(segment.source);
    file.end = Math.max(file.end, segment.end);
    if (file.segments.length >= MOST_SEGMENTS || this.#segments >= MOST_SEGMENTS_IN_ALL) {
      file.omitted++;
      return;
    }
    this.#segments++;
    file.segments.push(segment);
  }

  #file(source: string): OpenFile {
    const known = this.#files.get(source);
    if (known) return known;
    const file: OpenFile = { source, frames: 0, start: 0, end: 0, segments: [], omitted: 0 };
    this.#files.set(source, file);
    return file;
  }
}
