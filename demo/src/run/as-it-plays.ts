import { defer, map, type Observable } from 'rxjs';
import { frameSource, type FrameSourceChanges, type Pixels, type Source } from 'sluice';
import { takes } from 'sluice/testing';

/** So late, in ms, that it is no hiccup any more. */
const LATEST = 250;

/** A file's frames at the times they were filmed at, as if a camera saw them now: they come whether there is room or not. */
export function asItPlays(file: Source<Pixels>, changes: Observable<FrameSourceChanges>): Source<Pixels> {
  const arrivals = defer(() => {
    let began: number | undefined;
    return file.pipe(
      takes(({ label }) => {
        const filmed = label.timestamp / 1000;
        const due = (began ?? performance.now() - filmed) + filmed;
        const late = performance.now() - due;
        // A page that was busy that long goes on from here: a camera does not make up for what was missed.
        began = due - filmed + (late > LATEST ? late : 0);
        return Math.max(0, -late);
      }),
      map(({ data, label: { source, timestamp } }) => ({ data, source, timestamp })),
    );
  });
  return frameSource(arrivals, { source: file.name, changes });
}
