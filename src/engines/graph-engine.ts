import type { Observable, Subscriber } from 'rxjs';
import type { Frame } from '../frames/frame.ts';
import type { Part } from '../stage/stage.ts';

/** Runs stages over frames; what it holds goes with the subscriber. */
export type Runner = (
  parts: readonly Part[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
) => void;

/** An engine that runs stages in a row as one graph, beside a tfjs backend for those that it can't. */
export interface GraphEngine {
  /** Runs stages over frames, those that it can't by `onTfjs`; false, and nothing done, where it can none of them. */
  run(...given: [...Parameters<Runner>, onTfjs: Runner]): boolean;
}
