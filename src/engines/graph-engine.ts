import type { Observable, Subscriber } from 'rxjs';
import type { Frame } from '../frames/frame.ts';
import type { NamedStage } from '../stage/stage.ts';

/** Runs stages over frames for as long as the subscriber is subscribed, and frees everything when it is closed. */
export type RunStages = (
  parts: readonly NamedStage[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
) => void;

/** An engine that merges adjacent stages into one graph. A tfjs backend beside it runs the stages that it cannot merge. */
export interface GraphEngine {
  /** What the reason of the choice of this engine has to add, for example why it has fewer threads than there are cores. */
  readonly note?: string | undefined;
  /**
   * Runs stages over frames, and uses `onTfjs` for those that cannot be part of a graph. Returns false, and does nothing, if
   * none of them can.
   */
  run(
    parts: readonly NamedStage[],
    frames: Observable<Frame<unknown>>,
    subscriber: Subscriber<Frame<unknown>>,
    onTfjs: RunStages,
  ): boolean;
}
