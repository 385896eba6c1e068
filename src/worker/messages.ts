import type { GrabOptions } from '../sources/browser/grabber.ts';
import type { FrameResult } from '../tasks/frame-result.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { WarmUp } from '../engines/warm-ups.ts';
import type { ErrorMessage } from './error-message.ts';
import type { SentModel } from './sent-model.ts';
import type { Engine, EngineName, EngineOptions } from '../engines/engine-types.ts';
import type { FrameLabel } from '../errors/frame-label.ts';

/** The page's first message: the model to run and the engine. */
export interface Start {
  readonly type: 'start';
  /** The memory of its file is transferred; that of its graph models is copied. */
  readonly model: SentModel;
  readonly engine: EngineName | 'auto';
  readonly setup: EngineOptions;
  /** The options of `infer`. */
  readonly options: object;
}

/** One frame. The picture's memory is transferred, and the answer transfers it back; or a camera's frame is, and is read there. */
export interface Picture {
  readonly type: 'picture';
  readonly id: number;
  readonly label: FrameLabel;
  readonly picture: Pixels | CameraFrame;
  /** When the frame's last stage on the page ended, or the frame arrived, on the shared clock; NaN if unknown. */
  readonly leftAt: number;
  /** Whether the stages measure the frame's times. */
  readonly timed: boolean;
  /** Whether device times are measured, too. */
  readonly asksDevice: boolean;
}

/** A frame of a camera, and how its pixels are read. */
export interface CameraFrame {
  readonly frame: VideoFrame;
  readonly options: GrabOptions;
}

/** A message from the worker. */
export type Answer =
  | { readonly type: 'warm-up'; readonly progress: WarmUp }
  | { readonly type: 'ready'; readonly engine: Engine }
  | { readonly type: 'broken'; readonly error: ErrorMessage }
  | ({ readonly type: 'result'; readonly id: number; readonly memory: ArrayBuffer } & ResultWithTimings)
  | { readonly type: 'failed'; readonly id: number; readonly memory: ArrayBuffer; readonly error: ErrorMessage };

/** The result of a frame. Its timings are on the shared clock. */
type ResultWithTimings = { readonly result: object } & Pick<FrameResult<object>, 'timings'>;

/** Converts a time of this thread's `performance.now()`, which counts from the thread's start, to the shared clock. */
export function shared(time: number): number {
  return performance.timeOrigin + time;
}

/** Converts a time of the shared clock to this thread's `performance.now()`. */
export function own(time: number): number {
  return time - performance.timeOrigin;
}
