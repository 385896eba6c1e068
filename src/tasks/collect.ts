import { Observable, type OperatorFunction } from 'rxjs';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import type { StoredResult } from './frame-result.ts';

/** Takes results in order and emits a value for several of them. */
interface Collector<T extends object> {
  take(result: StoredResult<T>): void;
  close(): void;
}

/** An operator made of a collector. When the results end, also by an error, what is in progress is emitted first. */
export function collect<T extends object, R>(
  begin: (emit: (whole: R) => void) => Collector<T>,
): OperatorFunction<StoredResult<T>, R> {
  return (results) =>
    new Observable((subscriber) => {
      const open = begin((whole) => subscriber.next(whole));
      subscribeWithin(results, subscriber, {
        next: (result) => open.take(result),
        error: (error: unknown) => {
          open.close();
          subscriber.error(error);
        },
        complete: () => {
          open.close();
          subscriber.complete();
        },
      });
    });
}
