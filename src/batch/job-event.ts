import type { PackedTimes } from '../timing/stage-times.ts';
import type { PartAccount } from './part-labelling.ts';

/** What happens in a job; `file` is the file's place among the inputs. */
export type JobEvent =
  /** A file is cut into parts; `frames` where they are known. */
  | { readonly type: 'planned'; readonly file: number; readonly parts: number; readonly frames?: number }
  /** So many more of a part's frames came, and of those so many are labelled. */
  | {
      readonly type: 'progress';
      readonly file: number;
      readonly part: number;
      readonly frames: number;
      readonly labelled: number;
    }
  /** A part is done, or was (`kept`) by an earlier run. */
  | {
      readonly type: 'part';
      readonly file: number;
      readonly part: number;
      readonly kept: boolean;
      readonly account: PartAccount;
      /** @internal What each stage took in this run, frame by frame. */
      readonly times: readonly PackedTimes[];
      /** What no `progress` has told yet. */
      readonly rest: { readonly frames: number; readonly labelled: number };
      /** What the worker took for it, and of that for writing it down. */
      readonly wallMs: number;
      readonly writeMs: number;
    }
  /** Its frames are not as its index says: it is read anew, as one part. */
  | { readonly type: 'again'; readonly file: number }
  /** All its parts are done. */
  | { readonly type: 'file'; readonly file: number }
  /** It could not be labelled. */
  | { readonly type: 'failed'; readonly file: number; readonly message: string };
