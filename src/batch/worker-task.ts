import type { ErrorCode } from '../errors/error-code.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import type { Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import type { PartAccount } from './part-account.ts';
import type { TaskSpec } from '../tasks/task.ts';
import type { PackedTimes } from '../timing/stage-times.ts';
import type { FilePart } from './file-part.ts';
import type { Engine } from '../engines/engine-types.ts';

/** What the job asks of a worker. Plain JSON. */
export type WorkerTask = PrepareTask | PartTask;

/** Asks a worker to load the model. */
export interface PrepareTask {
  readonly type: 'prepare';
  readonly options: LabelOptions;
}

/** Asks a worker to label a part and to store the results in a folder. */
export interface PartTask {
  readonly type: 'part';
  readonly options: LabelOptions;
  readonly part: FilePart;
  readonly input: Input;
  /** What ffprobe said of the file, so that the worker need not ask again. */
  readonly media?: OpenMedia;
  /** The most pixels that a picture or a frame may have. */
  readonly maxPixels: number;
  /** Whether there is memory for a large picture. */
  readonly mayBeLarge: boolean;
  /** The folder of the part store. */
  readonly folder: string;
}

/** The answer of a worker that has loaded its model. */
export interface WorkerReady {
  readonly type: 'ready';
  readonly engine: Engine;
  /** How many frames go through the model together. */
  readonly batch: number;
  /** How many multiply-accumulates the model has for a frame; 0 if they are not known. */
  readonly macs: number;
  readonly warnings: readonly string[];
  /** The model's task. */
  readonly task: TaskSpec;
}

/** The answer of a worker to a {@link PartTask}. */
export type PartOutcome = PartDone | FramesDiffer | LargePicture | TaskFailed;

/** The part is labelled and stored. */
export interface PartDone {
  readonly type: 'done';
  readonly account: PartAccount;
  /** The times of each stage, frame by frame. */
  readonly times: readonly PackedTimes[];
  /** The frames that no `progress` event has counted. */
  readonly rest: { readonly frames: number; readonly labelled: number };
  /** How long the part took, in milliseconds, and how much of that was spent on writing. */
  readonly wallMs: number;
  readonly writeMs: number;
}

/** The decoded frames are not those that the file's index lists. The file must be labelled as one part. */
export interface FramesDiffer {
  readonly type: 'frames-differ';
}

/** The picture is large: its decoder takes this memory beyond the worker's own. */
export interface LargePicture {
  readonly type: 'large';
  /** `16000x16000` */
  readonly size: string;
  readonly bytes: number;
}

/** The task failed. */
export interface TaskFailed {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether a second attempt may succeed. */
  readonly retry: boolean;
  /** Whether every other part would fail too, so that the job must stop. */
  readonly fatal: boolean;
}
