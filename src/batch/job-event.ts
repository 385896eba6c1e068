import type { PackedTimes } from '../timing/stage-times.ts';
import type { PartAccount } from './part-account.ts';
import type { Skipping } from './skipping.ts';

/** Something that happened in a batch job. `file` is the index of the file among the inputs, `part` that of a part in it. */
export type JobEvent =
  /**
   * A file was cut into parts. `frames`: how many are decoded; absent if that is not known. `skipping`: what is not decoded; absent if all
   * is, and when the plan is that of an earlier run.
   */
  | {
      readonly type: 'planned';
      readonly file: number;
      readonly parts: number;
      readonly frames?: number;
      readonly skipping?: Skipping;
    }
  /** A worker decoded `frames` more frames of a part and labelled `labelled` of them. */
  | {
      readonly type: 'progress';
      readonly file: number;
      readonly part: number;
      readonly frames: number;
      readonly labelled: number;
    }
  /** A part is complete. */
  | {
      readonly type: 'part';
      readonly file: number;
      readonly part: number;
      /** True if an earlier run labelled the part and this run uses its results. */
      readonly reused: boolean;
      readonly account: PartAccount;
      /** @internal The times of each stage in this run, frame by frame. */
      readonly times: readonly PackedTimes[];
      /** The frames of this part that no `progress` event has counted. */
      readonly rest: { readonly frames: number; readonly labelled: number };
      /** How long the worker took for the part, in milliseconds. */
      readonly wallMs: number;
      /** How much of `wallMs` it spent on writing results. */
      readonly writeMs: number;
    }
  /** The frames of a file differ from its index. The file is labelled again, as one part. */
  | { readonly type: 'again'; readonly file: number }
  /** What an earlier run stored of a file is damaged. It is labelled again. */
  | { readonly type: 'damaged'; readonly file: number }
  /** All parts of a file are complete. */
  | { readonly type: 'file'; readonly file: number }
  /** A file could not be labelled. */
  | { readonly type: 'failed'; readonly file: number; readonly message: string };
