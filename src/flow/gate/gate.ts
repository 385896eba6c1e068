import { Subscription, type Observable, type Subscriber } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { SluiceError } from '../../errors/errors.ts';
import { Frame } from '../../frames/frame.ts';
import { free } from '../../frames/free.ts';
import { Lease, type LeaseOwner, type Outcome } from '../../frames/lease.ts';
import { now } from '../../frames/clock.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { emit } from '../../frames/emit.ts';
import { entryTrace } from './entry-trace.ts';
import type { Dismissal, GateEvent } from './gate-event.ts';
import { SourceReader, type End, type Receiver } from './source-reader.ts';
import { capacityOf, type Capacity } from './policy.ts';
import { FrameLabeller } from './frame-labeller.ts';
import { changedSettings, type FrameSourceChanges, type GateSettings } from './settings.ts';
import { SourceClock } from './source-clock.ts';
import { stallError, StallWatch } from './stall-watch.ts';
import { FrameBuffer, type BufferedFrame } from './frame-buffer.ts';

/** The gate of one subscription: frames arrive, wait or are dropped, and are admitted while leases are free. */
export class Gate<T> implements LeaseOwner, Receiver<T> {
  readonly #emitEvent: (event: GateEvent) => void;
  readonly #subscriber: Subscriber<Frame<T>>;
  readonly #reader: SourceReader<T>;
  readonly #labeller: FrameLabeller<T>;
  readonly #clock = new SourceClock();
  readonly #buffer = new FrameBuffer<T>();
  readonly #leases = new Map<Lease, FrameLabel>();
  readonly #changes = new Subscription();
  readonly #stall = new StallWatch(
    () => this.#settings.stallTimeout,
    () => this.#stalled(),
  );
  #settings: GateSettings;
  #capacity: Capacity;
  #admissions = 0;
  #timed = 0;
  #pumping = false;
  #end: End | undefined;

  constructor(
    arrivals: Arrivals<T>,
    settings: GateSettings,
    emitEvent: (event: GateEvent) => void,
    subscriber: Subscriber<Frame<T>>,
  ) {
    this.#settings = settings;
    this.#emitEvent = emitEvent;
    this.#subscriber = subscriber;
    this.#reader = new SourceReader(arrivals, this);
    this.#labeller = new FrameLabeller(settings.source);
    this.#capacity = capacityOf(settings.source, settings.policy);
  }

  open(changes?: Observable<FrameSourceChanges>): void {
    if (this.#subscriber.closed) return;
    if (changes) {
      subscribeWithin(changes, this.#changes, {
        next: (change) => this.#change(change),
        error: (error: unknown) => this.#fail(error),
        complete: () => undefined,
      });
    }
    // A wrong change that was emitted on subscription has ended the stream already.
    if (this.#subscriber.closed) return;
    this.#reader.open();
    this.#pump();
  }

  /** The subscription ended: discards the waiting frames and stops the source. Open leases end when they are released. */
  close(): void {
    this.#changes.unsubscribe();
    this.#stall.stop();
    this.#reader.stop();
    this.#discardWaiting();
  }

  /** The source gave a frame. */
  arrive(arrival: Arrival<T>): void {
    try {
      this.#accept(arrival);
    } catch (error) {
      this.#fail(error);
    }
    this.#pump();
  }

  /** The source ended. */
  finish(end: End): void {
    this.#end ??= end;
    this.#endIfDone();
  }

  closed(outcome: Outcome, lease: Lease): void {
    const label = this.#leases.get(lease);
    this.#leases.delete(lease);
    this.#stall.moved();
    if (label) this.#emitEvent({ type: 'closed', outcome, label, at: now() });
    // Not at once: the caller of release() is often not ready for the next frame yet.
    if (!this.#pumping) queueMicrotask(() => this.#pump());
  }

  failed(error: SluiceError): 'stop' | 'skip' {
    if (error.frame) this.#emitEvent({ type: 'failed', error, label: error.frame, at: now() });
    return this.#settings.onError;
  }

  get #full(): boolean {
    return this.#leases.size >= this.#settings.maxInFlight;
  }

  /** Whether frames may be dropped; of a pulled source only under the policies `latest` and `dropNewest`. */
  get #lossy(): boolean {
    return this.#capacity.lossy || !this.#reader.pulled;
  }

  /** Admits frames and asks for more, until all leases are taken or no frame is there. Never re-entered. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#subscriber.closed) {
      if (!this.#full && this.#buffer.size > 0) this.#admitNext();
      else if (!this.#wantsMore() || !this.#reader.ask()) break;
    }
    this.#pumping = false;
    if (this.#full && !this.#subscriber.closed) this.#stall.watch();
    this.#endIfDone();
  }

  #wantsMore(): boolean {
    if (!this.#reader.idle) return false;
    if (this.#lossy || !this.#full) return true;
    return this.#buffer.size < this.#capacity.frames && this.#buffer.bytes < this.#capacity.bytes;
  }

  #accept(arrival: Arrival<T>): void {
    const frame = this.#labeller.receive(arrival, this.#capacity.bytes < Infinity);
    const { label, arrivedAt, bytes, missed, before } = frame;
    if (missed > 0) {
      this.#emitEvent({ type: 'missed', count: missed, label: { ...label, seq: label.seq - missed }, at: arrivedAt });
    }
    this.#emitEvent({ type: 'arrived', bytes, pulled: this.#reader.pulled, label, at: arrivedAt });
    // A branch's frame was checked at the gate of its source.
    const fault = before ? undefined : this.#clock.check(label);
    if (fault) {
      const answer = this.failed(fault);
      this.#dismiss(frame, { type: 'refused', outcome: 'failed' });
      if (answer === 'stop') this.#fail(fault);
      return;
    }
    this.#buffer.add(frame);
    if (this.#lossy) this.#dropExcess();
    // A listener to the event may have unsubscribed.
    if (this.#subscriber.closed) this.#discardWaiting();
  }

  /** Drops the frames that are over the capacity. */
  #dropExcess(): void {
    // While another frame is being emitted, frames may wait although leases are free for them.
    const spare = Math.max(0, this.#settings.maxInFlight - this.#leases.size);
    const excess = () => this.#buffer.takeExcess(this.#capacity, spare);
    const cause = this.#capacity.replace ? 'replaced' : 'full';
    for (let frame = excess(); frame; frame = excess()) this.#dismiss(frame, { type: 'dropped', cause });
  }

  #admitNext(): void {
    const next = this.#buffer.take();
    if (!next) return;
    const { data, label, arrivedAt } = next;
    const at = now();
    if (at - arrivedAt > this.#settings.maxAge) {
      this.#dismiss(next, { type: 'dropped', cause: 'stale' });
      return;
    }
    const lease = new Lease(this);
    this.#leases.set(lease, label);
    this.#stall.moved();
    this.#emitEvent({ type: 'admitted', label, at });
    const { every, deviceEvery } = this.#settings.profile;
    // Counts admitted frames: counting by `seq`, a camera whose drops fall in step with `every` would hardly be timed.
    const timed = every !== Infinity && this.#admissions++ % every === 0;
    const asksDevice = timed && deviceEvery !== Infinity && this.#timed++ % deviceEvery === 0;
    emit(Frame.of(data, label, lease, entryTrace(next, timed, asksDevice)), this.#subscriber);
  }

  #discardWaiting(): void {
    for (let left = this.#buffer.take(); left; left = this.#buffer.take()) {
      this.#dismiss(left, { type: 'refused', outcome: 'discarded' });
    }
  }

  /** Ends a frame that was not admitted. */
  #dismiss({ data, label }: BufferedFrame<T>, how: Dismissal): void {
    this.#emitEvent({ ...how, label, at: now() });
    try {
      free(data);
    } catch (error) {
      this.#fail(error);
    }
  }

  #change(change: FrameSourceChanges): void {
    try {
      this.#settings = changedSettings(this.#settings, change, this.#reader.pulled);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#capacity = capacityOf(this.#settings.source, this.#settings.policy);
    // The stall timeout starts again under the new settings.
    this.#stall.stop();
    this.#stall.moved();
    this.#pump();
    if (this.#lossy) this.#dropExcess();
  }

  #stalled(): void {
    const error = this.#full && stallError(this.#leases, this.#settings.stallTimeout);
    // At once: the frames that wait cannot go through before it.
    if (error) this.#subscriber.error(error);
  }

  /** Ends the stream with an error although the source has not ended. */
  #fail(error: unknown): void {
    this.#reader.stop();
    this.finish({ error });
  }

  /** Ends the stream once the source has ended and no frame waits. */
  #endIfDone(): void {
    if (!this.#end || this.#pumping || this.#buffer.size > 0) return;
    if ('error' in this.#end) this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }
}
