import { Observable, type Observer, type Subscription } from 'rxjs';

/**
 * Subscribes for as long as `parent` lives. Unlike `parent.add(source.subscribe(observer))` this also holds while the
 * source is still emitting from within `subscribe`: a synchronous one stops when `parent` is closed half-way.
 */
export function subscribeWithin<T>(source: Observable<T>, parent: Subscription, observer: Observer<T>): void {
  if (parent.closed) return;
  new Observable<T>((inner) => {
    parent.add(inner);
    source.subscribe(inner);
  }).subscribe(observer);
}
