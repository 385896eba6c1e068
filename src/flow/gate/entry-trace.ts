import type { Trace } from '../../frames/trace.ts';
import type { BufferedFrame } from './frame-buffer.ts';

/** The first page of a frame's trace: when it arrived, whether the stages are to time it, and to ask the device. */
export function entryTrace({ arrivedAt, before }: BufferedFrame<unknown>, timed: boolean, asksDevice: boolean): Trace {
  const past = before?.trace;
  // A frame that was one before has waited since its last stage, and is not timed again where it was not.
  const marks = [past?.marks.at(-1) ?? arrivedAt];
  const closed = past?.closed === true || !timed;
  return { stages: [], marks, method: 'unavailable', before: past, closed, asksDevice };
}
