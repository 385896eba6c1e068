import { defer, EMPTY, map, merge, Observable, pipe, repeat, share, switchMap, tap, type OperatorFunction } from 'rxjs';
import {
  classify,
  currentEngine,
  preprocess,
  segments,
  smooth,
  timingReport,
  useEngine,
  warmUps,
  type FrameSourceChanges,
  type Classification,
  type FrameResult,
  type Engine,
  type Frame,
  type Model,
  type Pixels,
  type Source,
} from 'sluice';
import { inWorker } from 'sluice/browser';
import type { Choice } from './choice.ts';
import type { News } from './news.ts';
import { Pictures } from './pictures.ts';
import { slowed } from './slowed.ts';
import { arePictures, sourceOf } from './source-of.ts';
import { inTurn, tapAll, type TappedNetwork, type View } from './tap-all.ts';
import { wasmPaths } from './wasm-paths.ts';

/** So many classes of each frame, best first. */
const TOP = 5;

/** What can be moved while it runs. */
export interface Moving {
  readonly changes: Observable<FrameSourceChanges>;
  readonly slower: () => number;
  readonly view: Observable<View>;
}

/** Runs a network on what was chosen, until it is unsubscribed from; completes with the file. */
export function live(choice: Choice, network: Model, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const warn = (message: string) => subscriber.next({ type: 'warning', message });
    const onEngine = (engine: Engine) => subscriber.next({ type: 'engine', engine });
    const warming = warmUps.subscribe((warmUp) => {
      subscriber.next({ type: 'warmUp', warmUp });
      // Also once more where the GPU was lost: then the engine has another reason, or is another.
      const engine = currentEngine();
      if (engine && !choice.offThread) onEngine(engine);
    });
    const begun = async () => {
      const tapped = choice.offThread ? undefined : tapAll(network);
      if (tapped) onEngine(await useEngine(choice.engine, { wasmPaths }));
      const labelled = tapped
        ? pipe(preprocess(network.preprocess), tapped.pipeline, classify({ labels: network.labels, top: TOP }))
        : inWorker(network, { engine: choice.engine, wasmPaths, top: TOP, onEngine });
      return { source: await sourceOf(choice, moving.changes, warn), labelled, tapped };
    };
    const results = defer(begun).pipe(switchMap((made) => running(made, choice, moving)));
    return results.subscribe(subscriber).add(warming);
  });
}

interface Made {
  readonly source: Source<Pixels>;
  readonly labelled: OperatorFunction<Frame<Pixels>, FrameResult<Classification>>;
  readonly tapped: TappedNetwork | undefined;
}

function running({ source, labelled, tapped }: Made, choice: Choice, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const tell = (news: News) => subscriber.next(news);
    const pictures = new Pictures();
    const again = choice.again && choice.source !== 'camera';
    // A picture is shown for a second, as the next one would be.
    const delay = arePictures(choice.source) ? 1000 : 0;
    const results = (again ? source.pipe(repeat({ delay })) : source).pipe(
      tap(({ label, data }) => pictures.keep(label, data)),
      slowed(moving.slower),
      labelled,
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
        switchMap((view) => (tapped ? inTurn(tapped, view) : EMPTY)),
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
