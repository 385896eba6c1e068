import type { ErrorCode } from '../errors/error-code.ts';
import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import type { Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import type { PartAccount } from './part-labelling.ts';
import type { PackedTimes } from '../timing/stage-times.ts';
import type { FilePart } from './file-part.ts';
import type { Engine } from '../engines/engine-types.ts';

/** What a worker is asked for: to get ready, or to label a part and put the results into a folder. Plain JSON. */
export type WorkerTask = ReadyTask | PartTask;

export interface ReadyTask {
  readonly type: 'ready';
  readonly options: LabelOptions;
}

export interface PartTask {
  readonly type: 'part';
  readonly options: LabelOptions;
  readonly filePart: FilePart;
  readonly input: Input;
  /** What is known of the file, so that it need not be asked again. */
  readonly media?: OpenMedia;
  readonly folder: string;
}

/** A worker that has loaded its model. */
export interface Ready {
  readonly type: 'ready';
  readonly engine: Engine;
  readonly batch: number;
  readonly warnings: readonly string[];
}

/** What became of a part. */
export type Outcome = Done | Unfit | Failed;

export interface Done {
  readonly type: 'done';
  readonly account: PartAccount;
  /** What each stage took, frame by frame. */
  readonly times: readonly PackedTimes[];
  /** What no event has told yet. */
  readonly rest: { readonly frames: number; readonly labelled: number };
  readonly wallMs: number;
  readonly writeMs: number;
}

/** The file's index promised other frames than came: the file is to be read as one part. */
export interface Unfit {
  readonly type: 'unfit';
}

export interface Failed {
  readonly type: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  /** It may work the next time. */
  readonly again: boolean;
  /** No other part can work either. */
  readonly fatal: boolean;
}
