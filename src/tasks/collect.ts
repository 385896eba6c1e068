import { Observable, type OperatorFunction } from 'rxjs';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import type { StoredResult } from './frame-result.ts';

/** Takes results in order and emits values, each made from several results. */
interface Collector<T extends object> {
  take(result: StoredResult<T>): void;
  close(): void;
}

/** Makes an operator from a collector. When the stream completes or fails, the collector emits its unfinished value first. */
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
