import { defer, map } from 'rxjs';
import { admit, type AdmissionChanges, type Pixels, type Source } from 'sluice';
import { takes } from 'sluice/testing';
import type { Observable } from 'rxjs';

/** A file's frames at the times they were filmed at, as if a camera saw them now: they come whether there is room or not. */
export function asItPlays(file: Source<Pixels>, changes: Observable<AdmissionChanges>): Source<Pixels> {
  const arrivals = defer(() => {
    let began: number | undefined;
    return file.pipe(
      takes(({ label }) => {
        const filmed = label.timestamp / 1000;
        began ??= performance.now() - filmed;
        return Math.max(0, began + filmed - performance.now());
      }),
      map(({ data, label: { source, timestamp } }) => ({ data, source, timestamp })),
    );
  });
  return admit(arrivals, { source: file.name, changes });
}
