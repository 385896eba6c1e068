import { catchError, EMPTY, exhaustMap, interval, take, type Observable } from 'rxjs';
import { tapActivations, type Activations, type Model } from 'sluice';

/** Which feature maps are on view, and how often one of them is read back, in ms; 0: never. */
export interface View {
  readonly stages: ReadonlySet<string>;
  readonly opened: string | undefined;
  readonly everyMs: number;
}

/** A network of which every stage can be watched. */
export interface TappedNetwork {
  readonly pipeline: Model['pipeline'];
  readonly taps: ReadonlyMap<string, Observable<Activations>>;
}

/** Taps all stages; nothing is read back of one that nobody listens to. */
export function tapAll(network: Model): TappedNetwork {
  const taps = new Map<string, Observable<Activations>>();
  let pipeline = network.pipeline;
  for (const { name } of network.pipeline.parts) {
    const tapped = tapActivations(pipeline, { at: name });
    taps.set(name, tapped.activations);
    pipeline = tapped;
  }
  return { pipeline, taps };
}

/**
 * What the stages on view give, one stage after another, each of one frame: so reading back costs the same however deep the
 * network is. The one that is opened comes every other time.
 */
export function inTurn({ taps }: TappedNetwork, { stages, opened, everyMs }: View): Observable<Activations> {
  if (everyMs === 0) return EMPTY;
  const names = [...taps.keys()].filter((name) => stages.has(name));
  let turn = 0;
  return interval(everyMs).pipe(
    exhaustMap((i) => {
      const name = opened !== undefined && i % 2 === 0 ? opened : names[turn++ % Math.max(1, names.length)];
      const tap = taps.get(name ?? '');
      // One that can't be read any more is passed over; what is wrong is told by the run itself.
      return tap
        ? tap.pipe(
            take(1),
            catchError(() => EMPTY),
          )
        : EMPTY;
    }),
  );
}
