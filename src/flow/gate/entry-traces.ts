import type { Trace } from '../../frames/trace.ts';
import type { BufferedFrame } from './frame-buffer.ts';
import type { GateSettings } from './settings.ts';

/** Begins the traces of frames at a gate, and chooses which frames are timed. */
export class EntryTraces {
  #admitted = 0;
  #timed = 0;

  /** The first entry of a frame's trace: when it arrived, whether stages time it, and whether they ask the device's timer. */
  begin({ arrivedAt, before }: BufferedFrame<unknown>, { every, deviceEvery }: GateSettings['profile']): Trace {
    // Counts admitted frames: counting by `seq`, a camera whose drops fall in step with `every` would hardly be timed.
    const timed = every !== Infinity && this.#admitted++ % every === 0;
    const asksDevice = timed && deviceEvery !== Infinity && this.#timed++ % deviceEvery === 0;
    const past = before?.trace;
    // A branch's frame goes on with its trace: it has waited since its last stage, and stays untimed if it was.
    const marks = [past?.marks.at(-1) ?? arrivedAt];
    return {
      stages: [],
      marks,
      method: 'unavailable',
      before: past,
      closed: past?.closed === true || !timed,
      asksDevice,
    };
  }
}
