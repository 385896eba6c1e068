import { filter, isObservable, map, Observable, Subject } from 'rxjs';
import type { FrameLabel, SluiceError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Arrivals } from './arrival.ts';
import type { GateEvent } from './gate-event.ts';
import { Gate } from './gate.ts';
import { Ledger } from './ledger.ts';
import { capacityOf } from './policy.ts';
import { initialSettings, type FrameSourceOptions } from './settings.ts';

/** A frame that failed, with its error: the error names the stage and has the cause. */
export interface FrameFailure {
  readonly label: FrameLabel;
  readonly error: SluiceError;
}

/**
 * A stream of frames behind a gate: at most `maxInFlight` leases are open at a time, so nothing downstream queues.
 *
 * It is cold: each subscription opens the source again and counts its frames from 0. The ledger and the failures
 * continue over all subscriptions. The first frame comes after `subscribe` has returned, never during it. {@link
 * frameSource} makes one.
 */
export class Source<T> extends Observable<Frame<T>> {
  readonly name: string;
  /** Counts what became of every frame. */
  readonly ledger: Ledger;
  /** Emits every decision of the gate, when it is made. */
  readonly events: Observable<GateEvent>;
  /** Emits each frame that failed. */
  readonly failures: Observable<FrameFailure>;
  /** How many leases may be open at once; undefined if `changes` may change it. */
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
 * Puts a gate in front of a source and makes its frames.
 *
 * An iterable is pulled: the gate asks it for a frame when a lease is free (policy `wait`). An Observable is sampled:
 * frames that come while all leases are taken are kept or dropped as the policy says, and counted.
 *
 * Throws `OptionError` for an `arrivals` that is neither, for a wrong option, and for the policy `wait` on an
 * Observable, which cannot be made to wait.
 *
 * @see {@link "sluice/node".videoFile | videoFile (Node)}, {@link "sluice/node".images | images (Node)}, {@link "sluice/browser".webcam | webcam (browser)}, {@link sampleFrames}, {@link markDelivered}
 *
 * @example
 * const source = frameSource([{ data: tf.scalar(1), timestamp: 0 }], { source: 'demo' });
 * source.subscribe((frame) => console.log(frame.label.seq)); // 0
 */
export function frameSource<T>(arrivals: Arrivals<T>, options: FrameSourceOptions): Source<T> {
  return new Source(arrivals, options);
}
