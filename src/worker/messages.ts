import type { FrameResult } from '../tasks/frame-result.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { WarmUp } from '../engines/warm-ups.ts';
import type { ErrorMessage } from './error-message.ts';
import type { Engine, EngineName, EngineOptions } from '../engines/engine-types.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/** The first thing a page tells its worker: what to run, and on what. */
export interface Start {
  readonly type: 'start';
  /** The model, as `writeModel` writes it; its memory goes with it. */
  readonly model: Uint8Array<ArrayBuffer>;
  readonly engine: EngineName | 'auto';
  readonly setup: EngineOptions;
  /** The options of `infer`. */
  readonly options: object;
}

/** One frame; the picture's memory goes with it, and comes back with the answer. */
export interface Picture {
  readonly type: 'picture';
  readonly id: number;
  readonly label: FrameLabel;
  readonly pixels: Pixels;
  /** When its last stage on the page ended, or it arrived there; NaN where that is not known. On the clock of both. */
  readonly leftAt: number;
  /** Whether the stages are to time it. */
  readonly timed: boolean;
  /** And the device as well. */
  readonly asksDevice: boolean;
}

/** What the worker answers. */
export type Answer =
  | { readonly type: 'warm-up'; readonly progress: WarmUp }
  | { readonly type: 'ready'; readonly engine: Engine }
  | { readonly type: 'broken'; readonly error: ErrorMessage }
  | ({ readonly type: 'result'; readonly id: number; readonly memory: ArrayBuffer } & Read)
  | { readonly type: 'failed'; readonly id: number; readonly memory: ArrayBuffer; readonly error: ErrorMessage };

/** What the worker found out about a frame; its stages began at times of the clock of both. */
type Read = { readonly result: object } & Pick<FrameResult<object>, 'timings'>;

/** Page and worker count `performance.now()` from their own beginnings; this brings a time to the clock of both. */
export function shared(time: number): number {
  return performance.timeOrigin + time;
}

/** And this from the clock of both to one's own. */
export function own(time: number): number {
  return time - performance.timeOrigin;
}
