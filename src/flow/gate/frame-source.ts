import { filter, isObservable, map, Observable, Subject } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { SluiceError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import type { FrameData } from '../../stage/picture.ts';
import type { Arrivals } from './arrival.ts';
import type { GateEvent } from './gate-event.ts';
import { Gate } from './gate.ts';
import { Ledger } from './ledger.ts';
import { capacityOf } from './policy.ts';
import { initialSettings, type FrameSourceOptions } from './settings.ts';

/** A frame that failed, with the error that names the stage and holds the cause. */
export interface FrameFailure {
  readonly label: FrameLabel;
  readonly error: SluiceError;
}

/**
 * A stream of frames behind a gate: at most `maxInFlight` leases are open at once, so nothing queues downstream.
 *
 * It is cold: each subscription opens the source again and counts its frames from 0. The ledger and `failures` cover all
 * subscriptions. The first frame is emitted after `subscribe` has returned. Made by {@link frameSource} and by the sources.
 *
 * @see frameSource
 */
export class Source<T> extends Observable<Frame<T>> {
  readonly name: string;
  /** Counts what became of every frame. */
  readonly ledger: Ledger;
  /** Every event at the gate, when it happens. */
  readonly events: Observable<GateEvent>;
  /** The frames that failed, when they fail. */
  readonly failures: Observable<FrameFailure>;
  /** How many leases may be open at once; undefined for a source with `changes`. */
  readonly maxInFlight: number | undefined;
  /** @internal Whether no frame is dropped: the source is pulled, and its first policy drops none. */
  readonly lossless: boolean;

  constructor(arrivals: Arrivals<T>, options: FrameSourceOptions = {}) {
    const settings = initialSettings(arrivals, options);
    const { changes, ledger = new Ledger() } = options;
    const events = new Subject<GateEvent>();
    const emitEvent = (event: GateEvent) => {
      ledger.record(event);
      events.next(event);
    };
    super((subscriber) => {
      const gate = new Gate(arrivals, settings, emitEvent, subscriber);
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
 * Makes a stream of frames from any data, behind a gate.
 *
 * An iterable is pulled: by default (policy `wait`) it is asked for a frame only when a lease is free. An Observable is
 * sampled: a frame that comes while all leases are taken waits or is dropped, as the policy says, and is counted.
 *
 * A {@link Picture} (an `ImageData`, a canvas, what sharp gives) becomes `Pixels`. Other data is passed on as it is.
 *
 * Throws `OptionError` if `arrivals` is neither, for an impossible option, and for `wait` on an Observable, which cannot be
 * made to wait.
 *
 * @see {@link "sluice/node".videoFile | videoFile (Node)}, {@link "sluice/browser".webcam | webcam (browser)}, {@link sampleFrames}, {@link markDelivered}
 *
 * @example
 * const source = frameSource([{ data: tf.scalar(1), timestamp: 0 }], { source: 'demo' });
 * source.subscribe((frame) => console.log(frame.label.seq)); // 0
 */
export function frameSource<T>(arrivals: Arrivals<T>, options: FrameSourceOptions = {}): Source<FrameData<T>> {
  return new Source(arrivals as Arrivals<FrameData<T>>, options);
}
