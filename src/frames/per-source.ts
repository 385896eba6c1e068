import type { FrameLabel } from '../errors/frame-label.ts';

/** The most sources whose states are kept: those of which something came last. */
const MOST_SOURCES = 1000;

/**
 * @internal A state for each source of a stream. `of` gives the state of the source of a frame or of a result. It begins anew when the time
 * of the source goes back; `end` gets a state that is given up.
 */
export interface PerSource<S> {
  of(label: FrameLabel): S;
  /** Gives up all states. */
  close(): void;
}

export function perSource<S>(begin: () => S, end: (state: S) => void = () => undefined): PerSource<S> {
  const states = new Map<string, { readonly state: S; readonly at: number }>();
  const giveUp = (source: string) => {
    const old = states.get(source);
    states.delete(source);
    if (old) end(old.state);
  };
  return {
    of({ source, timestamp, crop }) {
      // The boxes of a frame have one time and no order from frame to frame.
      if (crop)
        throw new RangeError('the frame is cut out of another one, and such frames have no past: use it behind crops');
      if (!Number.isFinite(timestamp)) throw new RangeError(`its timestamp must be a finite number, not ${timestamp}`);
      const last = states.get(source);
      if (last && timestamp < last.at) giveUp(source);
      const state = states.get(source)?.state ?? begin();
      // A source that is put in again is the last one of the map, so the first one is the one that waited longest.
      states.delete(source);
      states.set(source, { state, at: timestamp });
      if (states.size > MOST_SOURCES) giveUp(states.keys().next().value as string);
      return state;
    },
    close() {
      for (const source of [...states.keys()]) giveUp(source);
    },
  };
}
