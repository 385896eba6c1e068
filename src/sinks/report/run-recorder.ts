import { OpenSegment, type Segment } from '../../tasks/open-segment.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Task } from '../../tasks/task.ts';
import { classification } from '../../tasks/classification/classification.ts';
import type { FileRecord, RunRecord } from './run-record.ts';

/** Limits of a record: segments of a file, segments of all files, and samples. More would not be visible in a plot. */
const MAX_SEGMENTS = 500;
const MAX_SEGMENTS_IN_ALL = 50_000;
const MAX_SAMPLES = 512;

interface OpenFile {
  source: string;
  frames: number;
  start: number;
  end: number;
  error?: string;
  segments: Segment[];
  omitted: number;
}

/** The facts about a run that are known at its end. */
export interface RunEnd
  extends Pick<RunRecord, 'elapsedSeconds' | 'engine'>, Partial<Pick<RunRecord, 'time' | 'timeNotes' | 'stages'>> {
  readonly frames: Pick<RunRecord['frames'], 'decoded' | 'failed'>;
}

/**
 * Records a run for {@link reportHtml}. Pass it the results in order, the failures, and from time to time the number of labelled
 * frames. Its memory is bounded: it keeps the first 500 segments of a file, and drops every second sample when there are
 * too many.
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
  #sampleEvery = 1;
  #offered = 0;
  #segments = 0;
  #labelled = 0;

  /** Makes a recorder for the results of `task`. Default: `classification()`. */
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

  /** Records that a file could not be read to its end. */
  failed(source: string, error: string): void {
    this.#file(source).error = error;
  }

  /** Records that `frames` frames are labelled after `seconds` seconds of the run. */
  sample(seconds: number, frames: number): void {
    if (this.#offered++ % this.#sampleEvery !== 0) return;
    this.#samples.push({ seconds, frames });
    if (this.#samples.length < MAX_SAMPLES) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 0);
    this.#sampleEvery *= 2;
  }

  /** Ends the run and returns its record. */
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
    if (file.segments.length >= MAX_SEGMENTS || this.#segments >= MAX_SEGMENTS_IN_ALL) {
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
