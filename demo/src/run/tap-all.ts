import { catchError, EMPTY, exhaustMap, interval, take, type Observable } from 'rxjs';
import { tapActivations, type Activations } from 'sluice';
import type { AnyModel } from './bundled.ts';

/** The stages whose output is on the screen, and the time in ms between two readings; 0 reads nothing. */
export interface View {
  readonly stages: ReadonlySet<string>;
  /** The stage whose dialog is open. */
  readonly opened: string | undefined;
  readonly everyMs: number;
}

/** A model with the outputs of its stages, by the stages' names. */
export interface TappedModel {
  readonly model: AnyModel;
  readonly taps: ReadonlyMap<string, Observable<Activations>>;
}

/** Taps all stages of a model. An output is read back only while its tap has a subscriber. */
export function tapAll(model: AnyModel): TappedModel {
  const taps = new Map<string, Observable<Activations>>();
  let { pipeline } = model;
  for (const { name } of model.pipeline.parts) {
    const tapped = tapActivations(pipeline, { at: name });
    taps.set(name, tapped.activations);
    pipeline = tapped;
  }
  return { model: { ...model, pipeline }, taps };
}

/**
 * The outputs of the stages on the screen: one stage at a time, one frame of each. Reading back therefore costs the same for
 * a model with few stages and for one with many. Every second reading is of the opened stage.
 */
export function inTurn({ taps }: TappedModel, { stages, opened, everyMs }: View): Observable<Activations> {
  if (everyMs === 0) return EMPTY;
  const names = [...taps.keys()].filter((name) => stages.has(name));
  let turn = 0;
  return interval(everyMs).pipe(
    exhaustMap((i) => {
      const name = opened !== undefined && i % 2 === 0 ? opened : names[turn++ % Math.max(1, names.length)];
      const tap = taps.get(name ?? '');
      // A stage that can't be read is skipped: the run itself reports what is wrong.
      return tap
        ? tap.pipe(
            take(1),
            catchError(() => EMPTY),
          )
        : EMPTY;
    }),
  );
}
