import { Observable, type OperatorFunction } from 'rxjs';
import type { FrameLabel } from '../errors/frame-label.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { withFrame } from './map-results.ts';

/** Takes results in order and emits values, each made from several results. */
interface Collector<R> {
  take(result: R): void;
  close(): void;
}

/**
 * Makes an operator from a collector. When the stream completes or fails, the collector emits its unfinished value first. What it throws
 * fails the stream, as {@link withFrame} has it; `name` is that of the operator.
 */
export function collect<R extends FrameLabel, T>(
  name: string,
  begin: (emit: (whole: T) => void) => Collector<R>,
): OperatorFunction<R, T> {
  return (results) =>
    new Observable((subscriber) => {
      const open = begin((whole) => subscriber.next(whole));
      let last: R | undefined;
      /** Ends with the unfinished value, and then with this error, or else with what goes wrong on the way. */
      const end = (failure?: { readonly error: unknown }) => {
        let own = failure;
        try {
          if (last) withFrame(name, last, () => open.close());
        } catch (error) {
          own ??= { error };
        }
        if (own) subscriber.error(own.error);
        else subscriber.complete();
      };
      subscribeWithin(results, subscriber, {
        next(result) {
          last = result;
          try {
            withFrame(name, result, () => open.take(result));
          } catch (error) {
            end({ error });
          }
        },
        error: (error: unknown) => end({ error }),
        complete: () => end(),
      });
    });
}
