import { Observable, type OperatorFunction } from 'rxjs';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import type { Result } from './result.ts';

/** What takes results in order and gives something when several of them are over. */
interface Gatherer {
  take(result: Result): void;
  close(): void;
}

/** @internal An operator of what gathers results; what is still open when they end, also by an error, is given first. */
export function collect<T>(begin: (emit: (whole: T) => void) => Gatherer): OperatorFunction<Result, T> {
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
