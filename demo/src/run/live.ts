import { defer, map, merge, Observable, repeat, share, switchMap, tap } from 'rxjs';
import {
  classify,
  preprocess,
  segments,
  smooth,
  timingReport,
  useEngine,
  type AdmissionChanges,
  type Classification,
  type Network,
  type Pixels,
  type Source,
} from 'sluice';
import type { Choice } from './choice.ts';
import type { News } from './news.ts';
import { slowed } from './slowed.ts';
import { sourceOf } from './source-of.ts';
import { inTurn, tapAll, type View } from './tap-all.ts';
import { wasmPaths } from './wasm-paths.ts';

/** What can be moved while it runs. */
export interface Moving {
  readonly changes: Observable<AdmissionChanges>;
  readonly slower: () => number;
  readonly view: Observable<View>;
}

/** Runs a network on what was chosen, until it is unsubscribed from; completes with the file. */
export function live(choice: Choice, network: Network, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const warn = (message: string) => subscriber.next({ type: 'warning', message });
    const begun = async () => {
      const engine = await useEngine(choice.engine, { wasmPaths });
      subscriber.next({ type: 'engine', engine });
      return sourceOf(choice, moving.changes, warn);
    };
    return defer(begun)
      .pipe(switchMap((source) => running(source, choice.again && choice.source !== 'camera', network, moving)))
      .subscribe(subscriber);
  });
}

function running(source: Source<Pixels>, again: boolean, network: Network, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const tell = (news: News) => subscriber.next(news);
    const tapped = tapAll(network);
    const pictures = new Pictures();
    const results = (again ? source.pipe(repeat()) : source).pipe(
      tap(({ label, data }) => pictures.keep(label, data)),
      slowed(moving.slower),
      preprocess(network.preprocess),
      tapped.pipeline,
      classify({ labels: network.labels, top: 5 }),
      tap((result) => {
        const picture = pictures.take(result);
        if (picture) tell({ type: 'frame', picture, result });
      }),
      share(),
    );
    const calm = results.pipe(smooth({ halfLife: 400 }), share());
    const others = merge(
      source.ledger.pipe(map((counts): News => ({ type: 'counts', counts }))),
      source.events.pipe(map((event): News => ({ type: 'event', event }))),
      moving.view.pipe(
        switchMap((view) => inTurn(tapped, view)),
        map((activations): News => ({ type: 'activations', activations })),
      ),
    ).subscribe({ next: tell });
    const main = merge(
      calm.pipe(map((result): News => ({ type: 'result', result }))),
      calm.pipe(
        segments(),
        map((segment): News => ({ type: 'segment', segment })),
      ),
      results.pipe(
        timingReport({ period: 500 }),
        map((report): News => ({ type: 'timing', report })),
      ),
    ).subscribe(subscriber);
    return () => {
      main.unsubscribe();
      others.unsubscribe();
    };
  });
}

type Key = Pick<Classification, 'source' | 'seq'>;

/** The pictures whose results are not out yet: few, as the gate lets in no more than its leases. */
class Pictures {
  #waiting: { readonly key: Key; readonly picture: Pixels }[] = [];

  keep(key: Key, picture: Pixels): void {
    this.#waiting.push({ key, picture });
  }

  take({ source, seq }: Key): Pixels | undefined {
    const at = this.#waiting.findIndex(({ key }) => key.source === source && key.seq === seq);
    // Results keep the frames' order: those before it have failed.
    return this.#waiting.splice(0, at + 1).at(-1)?.picture;
  }
}
