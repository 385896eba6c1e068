/** What became of one frame; times in milliseconds of the page. */
export interface Labelled {
  /** The camera's, in microseconds. */
  readonly timestamp: number;
  readonly at: number;
  readonly service: number;
  readonly label: string;
}

/** How old a camera's frames are: they carry the camera's own time, which begins somewhere else than the page's. */
export interface FrameClock {
  /** A frame is there. */
  saw(timestamp: number, at: number): void;
  /** How long before `at` an idle page would have had this frame: it would have had each as fast as the fastest came. */
  age(timestamp: number, at: number): number;
  /** The time between two of the camera's frames: a short one, for the page misses some, which makes others long. */
  interval(): number;
}

export function frameClock(): FrameClock {
  const times: number[] = [];
  let offset = Infinity;
  return {
    saw(timestamp, at) {
      if (times.at(-1) !== timestamp) times.push(timestamp);
      offset = Math.min(offset, at - timestamp / 1000);
    },
    age: (timestamp, at) => at - timestamp / 1000 - offset,
    interval() {
      const between = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / 1000);
      return between.toSorted((a, b) => a - b)[Math.floor(between.length / 10)] ?? NaN;
    },
  };
}

/** Notes when the page paints, until it is stopped. */
export function watchPaints(): () => number[] {
  const paints: number[] = [];
  let last: number | undefined;
  let request = requestAnimationFrame(function next(at) {
    if (last !== undefined) paints.push(at - last);
    last = at;
    request = requestAnimationFrame(next);
  });
  return () => {
    cancelAnimationFrame(request);
    return paints;
  };
}
