import { isObservable, Observable, Subject } from 'rxjs';
import { OptionError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { Gate, type Arrivals, type FrameFailure, type GateSettings } from './gate.ts';
import { Ledger } from './ledger.ts';
import { roomOf, type Policy } from './policy.ts';

/** How a source's frames are let in. */
export interface AdmissionOptions {
  /** The source's name, used in labels and errors. */
  readonly source: string;
  /** Default: `wait` for a source that can be pulled, `latest` for one that can't. */
  readonly policy?: Policy;
  /** How many leases may be open at once. Default: 2 for a source that can be pulled, 1 for one that can't. */
  readonly maxInFlight?: number;
  /** Frames that waited longer than this (ms) are dropped as `stale`. Default: no limit. */
  readonly maxAge?: number;
  /** Whether a stage that throws ends the stream or only loses its frame. Default `stop`. */
  readonly onError?: 'stop' | 'skip';
}

/**
 * A stream of frames behind a gate: never more than `maxInFlight` leases are open, so nothing downstream queues.
 *
 * Cold: each subscription opens the source anew; the ledger and the failures go on over all of them. The first frame
 * comes after `subscribe` has returned, never during it. Made by {@link admit}.
 */
export class Source<T> extends Observable<Frame<T>> {
  readonly name: string;
  /** What became of every frame. */
  readonly ledger: Ledger;
  /** Frames that failed, as they fail. */
  readonly failures: Observable<FrameFailure>;

  constructor(arrivals: Arrivals<T>, options: AdmissionOptions) {
    const settings = resolve(arrivals, options);
    const ledger = new Ledger();
    const failures = new Subject<FrameFailure>();
    super((subscriber) => {
      const gate = new Gate(settings, ledger, failures, subscriber);
      queueMicrotask(() => gate.open(arrivals));
      return () => gate.close();
    });
    this.name = settings.source;
    this.ledger = ledger;
    this.failures = failures.asObservable();
  }
}

/**
 * Puts the gate in front of a source and makes its frames.
 *
 * An iterable is pulled: it is asked for a frame only when a lease is free (policy `wait`). An Observable is sampled:
 * what comes while all leases are taken is kept or dropped as the policy says, and counted.
 *
 * Throws `OptionError` for a lossless `wait` on an Observable, which nothing can hold back.
 *
 * @example
 * const source = admit([{ data: tf.scalar(1), timestamp: 0 }], { source: 'demo' });
 * source.subscribe((frame) => console.log(frame.label.seq)); // 0
 */
export function admit<T>(arrivals: Arrivals<T>, options: AdmissionOptions): Source<T> {
  return new Source(arrivals, options);
}

function resolve(arrivals: Arrivals<unknown>, options: AdmissionOptions): GateSettings {
  const pulled = !isObservable(arrivals);
  const { source, policy = pulled ? 'wait' : 'latest', maxInFlight = pulled ? 2 : 1 } = options;
  const { maxAge = Infinity, onError = 'stop' } = options;
  roomOf(policy);
  if (policy === 'wait' && !pulled) {
    throw new OptionError(
      `${source}: policy 'wait' is lossless, but this source cannot be asked to wait: its frames come by themselves ` +
        "and would queue without bound. Use 'latest', 'dropNewest' or { buffer: n }.",
    );
  }
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
    throw new OptionError(`${source}: maxInFlight must be a whole number of at least 1, not ${String(maxInFlight)}`);
  }
  if (!(maxAge > 0)) throw new OptionError(`${source}: maxAge must be a number of ms over 0, not ${String(maxAge)}`);
  if (onError !== 'stop' && onError !== 'skip') {
    throw new OptionError(`${source}: onError must be 'stop' or 'skip', not ${String(onError)}`);
  }
  return { source, policy, maxInFlight, maxAge, onError };
}
