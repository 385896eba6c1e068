import {
  defer,
  EMPTY,
  filter,
  identity,
  map,
  merge,
  Observable,
  repeat,
  share,
  switchMap,
  tap,
  type OperatorFunction,
} from 'rxjs';
import {
  currentEngine,
  infer,
  segments,
  timingReport,
  useEngine,
  warmUps,
  type Engine,
  type Frame,
  type FrameResult,
  type FrameSourceChanges,
  type Pixels,
  type Source,
  type Task,
} from 'sluice';
import { inWorker } from 'sluice/browser';
import { Drawing } from '../board/drawing.ts';
import { crossingsOf } from '../line/crossings-of.ts';
import type { Line } from '../line/line.ts';
import { isFile, isOffThread, type Choice } from './choice.ts';
import { followed, optionsFor } from './followed.ts';
import { fromZero } from './from-zero.ts';
import type { AnyModel } from './bundled.ts';
import type { News } from './news.ts';
import { ofEach } from './of-each.ts';
import { Pictures } from './pictures.ts';
import { slowed } from './slowed.ts';
import { arePictures, sourceOf } from './source-of.ts';
import { steadied } from './steadied.ts';
import { inTurn, tapAll, type TappedModel, type View } from './tap-all.ts';
import { wasmPaths } from './wasm-paths.ts';

/** Settings that may change during a run. */
export interface Moving {
  readonly changes: Observable<FrameSourceChanges>;
  readonly slower: () => number;
  readonly view: Observable<View>;
  readonly line: Observable<Line | undefined>;
}

/** Runs a model on the chosen source. Unsubscribing stops the run; it completes when the file ends. */
export function live(choice: Choice, model: AnyModel, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const warned = new Set<string>();
    const warn = (message: string) => {
      // Files that repeat themselves repeat their warnings.
      if (!warned.has(message)) subscriber.next({ type: 'warning', message });
      warned.add(message);
    };
    const offThread = isOffThread(choice, model);
    const onEngine = (engine: Engine) => subscriber.next({ type: 'engine', engine });
    const warming = warmUps.subscribe((warmUp) => {
      subscriber.next({ type: 'warmUp', warmUp });
      // After the GPU was lost there is another warm-up, and the engine or its reason may be another one.
      const engine = currentEngine();
      if (engine && !offThread) onEngine(engine);
    });
    const { task } = model;
    const options = optionsFor(task);
    const start = async (): Promise<Started> => {
      const tapped = offThread ? undefined : tapAll(model);
      if (tapped) onEngine(await useEngine(choice.engine, { wasmPaths }));
      const labelled = tapped
        ? infer(tapped.model, options)
        : inWorker(model, { ...options, engine: choice.engine, wasmPaths, onEngine });
      return { source: await sourceOf(choice, moving.changes, warn), labelled, tapped, task };
    };
    const results = defer(start).pipe(switchMap((started) => running(started, choice, moving)));
    return results.subscribe(subscriber).add(warming);
  });
}

interface Started {
  readonly source: Source<Pixels>;
  readonly labelled: OperatorFunction<Frame<Pixels>, FrameResult<object>>;
  readonly tapped: TappedModel | undefined;
  readonly task: Task;
}

function running({ source, labelled, tapped, task }: Started, choice: Choice, moving: Moving): Observable<News> {
  return new Observable((subscriber) => {
    const tell = (news: News) => subscriber.next(news);
    const pictures = new Pictures();
    const drawing = choice.source instanceof Drawing ? choice.source : undefined;
    const again = choice.again && isFile(choice.source);
    // The last picture stays for a second before the first one comes again.
    const delay = arePictures(choice.source) ? 1000 : 0;
    const results = (again ? source.pipe(repeat({ delay })) : source).pipe(
      tap(({ label, data }) => pictures.keep(label, data)),
      slowed(moving.slower),
      labelled,
      isFile(choice.source) ? identity : fromZero(),
      // A frame of before the board was cleared.
      filter(() => drawing?.now.length !== 0),
      followed(task),
      tap((result) => {
        const picture = pictures.take(result);
        if (picture) tell({ type: 'frame', picture, result, task });
      }),
      share(),
    );
    // The last result of a drawing stays: it is not mixed with those of an unfinished digit.
    const steady = drawing ? results : results.pipe(steadied(task), share());
    const blank = drawing ? drawing.strokes.pipe(filter(({ length }) => length === 0)) : EMPTY;
    const outputs = !tapped
      ? EMPTY
      : drawing
        ? ofEach(tapped, moving.view)
        : moving.view.pipe(switchMap((view) => inTurn(tapped, view)));
    // The kind says that these are results of detection.
    const crossings = task.kind === 'detection' ? crossingsOf(results as never, moving.line) : EMPTY;
    const others = merge(
      source.ledger.pipe(map((counts): News => ({ type: 'counts', counts }))),
      source.events.pipe(map((event): News => ({ type: 'event', event }))),
      blank.pipe(map((): News => ({ type: 'blank' }))),
      outputs.pipe(map((activations): News => ({ type: 'activations', activations }))),
    ).subscribe({ next: tell });
    const main = merge(
      steady.pipe(map((result): News => ({ type: 'result', result, task }))),
      steady.pipe(
        segments(task),
        map((segment): News => ({ type: 'segment', segment })),
      ),
      results.pipe(
        timingReport({ period: 500 }),
        map((report): News => ({ type: 'timing', report })),
      ),
      crossings.pipe(map((one): News => ({ type: 'crossings', crossings: one }))),
    ).subscribe(subscriber);
    return () => {
      main.unsubscribe();
      others.unsubscribe();
    };
  });
}
