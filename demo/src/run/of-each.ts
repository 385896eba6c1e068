import {
  asapScheduler,
  catchError,
  distinctUntilChanged,
  EMPTY,
  from,
  map,
  merge,
  Observable,
  switchMap,
  tap,
} from 'rxjs';
import type { Activations } from 'sluice';
import type { TappedModel, View } from './tap-all.ts';

/**
 * The outputs of all stages for each frame, and the latest of them again when other stages come on the screen: after the last frame
 * of a still picture no other comes.
 */
export function ofEach({ taps }: TappedModel, views: Observable<View>): Observable<Activations> {
  return new Observable((subscriber) => {
    const latest = new Map<string, Activations>();
    const all = merge(...[...taps.values()].map((one) => one.pipe(catchError(() => EMPTY)))).pipe(
      tap((activations) => latest.set(activations.stage, activations)),
    );
    const isWanted = views.pipe(
      map(({ everyMs }) => everyMs > 0),
      distinctUntilChanged(),
    );
    // Later, when what shows them is there.
    const again = views.pipe(
      switchMap(({ everyMs }) => (everyMs > 0 ? from([...latest.values()], asapScheduler) : EMPTY)),
    );
    return merge(isWanted.pipe(switchMap((wanted) => (wanted ? all : EMPTY))), again).subscribe(subscriber);
  });
}
