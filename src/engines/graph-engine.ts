import type { Observable, Subscriber } from 'rxjs';
import type { Frame } from '../frame.ts';
import type { Part } from '../stage.ts';

/** Subscribes stages to frames; what it holds goes with the subscriber. */
export type Runner = (frames: Observable<Frame<unknown>>, subscriber: Subscriber<Frame<unknown>>) => void;

/** Stages in a row that run in one place. */
export interface Segment {
  readonly parts: readonly Part[];
  /** How the engine runs them; without, they are tfjs's. */
  readonly run: Runner | undefined;
}

/** @internal An engine that runs stages in a row as one graph, beside a tfjs backend for those that it can't. */
export interface GraphEngine {
  /** The parts, cut where the place changes in which they run; nothing where tfjs runs them all. */
  segments(parts: readonly Part[]): readonly Segment[] | undefined;
}
