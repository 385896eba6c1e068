import { Observable, type Observer, type Subscription } from 'rxjs';

/**
 * @internal Subscribes until `parent` is closed. Unlike `parent.add(source.subscribe(observer))` this also stops a source that
 * emits synchronously, within `subscribe`, when `parent` is closed meanwhile.
 */
export function subscribeWithin<T>(source: Observable<T>, parent: Subscription, observer: Observer<T>): void {
  if (parent.closed) return;
  new Observable<T>((inner) => {
    parent.add(inner);
    source.subscribe(inner);
  }).subscribe(observer);
}
