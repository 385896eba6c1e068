import { concat, from, map, merge, Observable, share, switchMap, tap } from 'rxjs';
import {
  classify,
  preprocess,
  smooth,
  timingReport,
  useEngine,
  type AdmissionChanges,
  type Classification,
  type Engine,
  type LedgerCounts,
  type Network,
  type Pixels,
  type Source,
  type TimingReport,
} from 'sluice';
import { imageFiles, videoFile, webcam } from 'sluice/browser';
import sample from '../../samples/cockatoo.mp4?url';
import type { Choice } from './choice.ts';
import { wasmPaths } from './wasm-paths.ts';

/** What is told while it runs. */
export type News =
  | { readonly type: 'engine'; readonly engine: Engine }
  | { readonly type: 'picture'; readonly picture: Pixels }
  | { readonly type: 'result'; readonly result: Classification }
  | { readonly type: 'timing'; readonly report: TimingReport }
  | { readonly type: 'counts'; readonly counts: LedgerCounts };

/** Runs a network on what was chosen, until it is unsubscribed from; completes with the file. */
export function live(choice: Choice, network: Network, changes: Observable<AdmissionChanges>): Observable<News> {
  return from(useEngine(choice.engine, { wasmPaths })).pipe(
    switchMap((engine) => concat([{ type: 'engine', engine } as const], running(choice, network, changes))),
  );
}

function running(
  { source: chosen }: Choice,
  network: Network,
  changes: Observable<AdmissionChanges>,
): Observable<News> {
  return new Observable((subscriber) => {
    const source = sourceOf(chosen, changes);
    const results = source.pipe(
      tap(({ data }) => subscriber.next({ type: 'picture', picture: data })),
      preprocess(network.preprocess),
      network.pipeline,
      classify({ labels: network.labels, top: 5 }),
      share(),
    );
    const counts = source.ledger.pipe(map((now) => ({ type: 'counts', counts: now }) as const));
    const told = results.pipe(
      smooth({ halfLife: 400 }),
      map((result) => ({ type: 'result', result }) as const),
    );
    const timing = results.pipe(
      timingReport({ period: 500 }),
      map((report) => ({ type: 'timing', report }) as const),
    );
    const others = merge(counts, timing).subscribe({ next: (news) => subscriber.next(news), error: () => undefined });
    const main = told.subscribe(subscriber);
    return () => {
      main.unsubscribe();
      others.unsubscribe();
    };
  });
}

function sourceOf(chosen: Choice['source'], changes: Observable<AdmissionChanges>): Source<Pixels> {
  if (chosen === 'camera') return webcam({ changes, flip: true, width: 640, height: 480 });
  if (chosen === 'sample') return videoFile(new URL(sample, location.href), { changes, source: 'cockatoo.mp4' });
  const [first] = chosen;
  if (first?.type.startsWith('image/')) return imageFiles(chosen, { changes });
  return videoFile(first ?? new Blob(), { changes });
}
