import type { Trace } from '../../frames/trace.ts';
import type { BufferedFrame } from './frame-buffer.ts';

/** The first entry of a frame's trace: when it arrived, whether stages time it, and whether they ask the device's timer. */
export function entryTrace({ arrivedAt, before }: BufferedFrame<unknown>, timed: boolean, asksDevice: boolean): Trace {
  const past = before?.trace;
  // A branch's frame goes on with its trace: it has waited since its last stage, and stays untimed if it was.
  const marks = [past?.marks.at(-1) ?? arrivedAt];
  const closed = past?.closed === true || !timed;
  return { stages: [], marks, method: 'unavailable', before: past, closed, asksDevice };
}
