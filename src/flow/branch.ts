import { merge, Observable, Subject, type OperatorFunction } from 'rxjs';
import { OptionError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { Source } from './admit.ts';
import type { Arrival } from './arrival.ts';
import { attach } from './attach.ts';
import type { AdmissionOptions } from './settings.ts';

/** A branch with a gate of its own. */
export interface Branch<T, R> extends Partial<Omit<AdmissionOptions, 'source'>> {
  /** Its name in errors; default `branch 1`, `branch 2` … */
  readonly name?: string;
  /** What its frames go through. */
  readonly through: OperatorFunction<Frame<T>, R>;
}

/**
 * Sends every frame down several branches, each at its own rate: a slow one never slows another, nor the source. Gives
 * what they give, merged.
 *
 * Each branch has a gate (default policy `latest`, one frame in flight; give it a `ledger` to read its account) and
 * leases of its own; tensors are shared, not copied. The frame itself counts as delivered once the branches have it.
 * An error in one branch ends them all; a stage's failure stays with its frame where that branch has `onError: 'skip'`.
 * Throws `OptionError`.
 *
 * @example
 * source.pipe(
 *   branch(
 *     { through: rxjs.pipe(net, classify({ labels })) },
 *     { through: every({ fps: 1 }), policy: 'dropNewest' },
 *   ),
 * );
 */
export function branch<T, R extends readonly unknown[]>(
  ...branches: { readonly [K in keyof R]: Branch<T, R[K]> }
): OperatorFunction<Frame<T>, R[number]> {
  if (branches.length === 0) throw new OptionError('branch takes at least one branch');
  for (const [i, { through }] of branches.entries()) {
    if (typeof through !== 'function') throw new OptionError(`branch ${i + 1}: through must be an operator`);
  }
  return (frames) =>
    new Observable((subscriber) => {
      const lanes = branches.map(({ through, name, ...options }, i) => {
        const arrivals = new Subject<Arrival<T>>();
        const source = new Source<T>(arrivals, { policy: 'latest', ...options, source: name ?? `branch ${i + 1}` });
        return { arrivals, output: source.pipe(through) };
      });
      attach(merge(...lanes.map(({ output }) => output)), subscriber, subscriber);
      // The branches' gates open in a microtask each; after them comes the source, so that they miss nothing.
      queueMicrotask(() =>
        attach(frames, subscriber, {
          next({ data, label, lease, trace }) {
            for (const { arrivals } of lanes) {
              const { source, timestamp } = label;
              arrivals.next({ data: another(data), timestamp, source, from: { label, trace } });
            }
            lease.deliver();
          },
          error: (error: unknown) => subscriber.error(error),
          complete() {
            for (const { arrivals } of lanes) arrivals.complete();
          },
        }),
      );
    });
}

/** The same data under an owner of its own: tensors and video frames share their memory, plain data needs no owner. */
function another<T>(data: T): T {
  if (typeof data !== 'object' || data === null || !('clone' in data) || typeof data.clone !== 'function') return data;
  return data.clone() as T;
}
