import { defer, map, type Observable } from 'rxjs';
import { frameSource, type FrameSourceChanges, type Pixels, type Source } from 'sluice';
import { takes } from 'sluice/testing';

/** A frame that is later than this, in ms, is not caught up with. */
const LATEST = 250;

/** Delivers a file's frames in real time, as a camera does: they come whether or not the pipeline is ready. */
export function asItPlays(file: Source<Pixels>, changes: Observable<FrameSourceChanges>): Source<Pixels> {
  const arrivals = defer(() => {
    let began: number | undefined;
    return file.pipe(
      takes(({ label }) => {
        const filmed = label.timestamp / 1000;
        const due = (began ?? performance.now() - filmed) + filmed;
        const late = performance.now() - due;
        // The page was busy for too long: the clock continues from here, because a camera does not catch up either.
        began = due - filmed + (late > LATEST ? late : 0);
        return Math.max(0, -late);
      }),
      map(({ data, label: { source, timestamp } }) => ({ data, source, timestamp })),
    );
  });
  return frameSource(arrivals, { source: file.name, changes });
}
