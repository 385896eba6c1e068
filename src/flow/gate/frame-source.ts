import { filter, isObservable, map, Observable, Subject } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { SluiceError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Arrivals } from './arrival.ts';
import type { GateEvent } from './gate-event.ts';
import { Gate } from './gate.ts';
import { Ledger } from './ledger.ts';
import { capacityOf } from './policy.ts';
import { initialSettings, type FrameSourceOptions } from './settings.ts';

/** A frame that could not be done, with the error that names the stage and holds the cause. */
export interface FrameFailure {
  readonly label: FrameLabel;
  readonly error: SluiceError;
}

/**
 * A stream of frames behind a gate: never more than `maxInFlight` leases are open, so nothing downstream queues.
 *
 * Cold: each subscription opens the source anew and counts its frames from 0; the ledger and the failures go on over
 * all of them. The first frame comes after `subscribe` has returned, never during it. Made by {@link frameSource}.
 */
export class Source<T> extends Observable<Frame<T>> {
  readonly name: string;
  /** What became of every frame. */
  readonly ledger: Ledger;
  /** What happens at the gate, as it happens. */
  readonly events: Observable<GateEvent>;
  /** Frames that failed, as they fail. */
  readonly failures: Observable<FrameFailure>;
  /** How many leases may be open at once; undefined where that may change. */
  readonly maxInFlight: number | undefined;
  /** @internal True for one that can be held back and, under its first policy, is: it loses nothing. */
  readonly lossless: boolean;

  constructor(arrivals: Arrivals<T>, options: FrameSourceOptions) {
    const settings = initialSettings(arrivals, options);
    const { changes, ledger = new Ledger() } = options;
    const events = new Subject<GateEvent>();
    const tell = (event: GateEvent) => {
      ledger.record(event);
      events.next(event);
    };
    super((subscriber) => {
      const gate = new Gate(arrivals, settings, tell, subscriber);
      queueMicrotask(() => gate.open(changes));
      return () => gate.close();
    });
    this.name = settings.source;
    this.ledger = ledger;
    this.events = events.asObservable();
    this.failures = events.pipe(
      filter((event) => event.type === 'failed'),
      map(({ label, error }) => ({ label, error })),
    );
    this.maxInFlight = changes ? undefined : settings.maxInFlight;
    this.lossless = !isObservable(arrivals) && !capacityOf(settings.source, settings.policy).lossy;
  }
}

/**
 * Puts the gate in front of a source and makes its frames.
 *
 * An iterable is pulled: it is asked for a frame only when a lease is free (policy `wait`). An Observable is sampled:
 * what comes while all leases are taken is kept or dropped as the policy says, and counted.
 *
 * Throws `OptionError` for what is no source, an impossible option, and a lossless `wait` on an Observable, which
 * nothing can hold back.
 *
 * @example
 * const source = frameSource([{ data: tf.scalar(1), timestamp: 0 }], { source: 'demo' });
 * source.subscribe((frame) => console.log(frame.label.seq)); // 0
 */
export function frameSource<T>(arrivals: Arrivals<T>, options: FrameSourceOptions): Source<T> {
  return new Source(arrivals, options);
}
