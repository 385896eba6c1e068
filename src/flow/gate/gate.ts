import { Subscription, type Observable, type Subscriber } from 'rxjs';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { SourceError, type SluiceError } from '../../errors/errors.ts';
import { Frame } from '../../frames/frame.ts';
import { freeUnseen } from '../../frames/free.ts';
import { Lease, type LeaseOwner, type Outcome } from '../../frames/lease.ts';
import { now } from '../../frames/clock.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { emit } from '../../frames/emit.ts';
import { EntryTraces } from './entry-traces.ts';
import type { Dismissal, GateEvent } from './gate-event.ts';
import { SourceReader, type End, type Receiver } from './source-reader.ts';
import { capacityOf, type Capacity } from './policy.ts';
import { FrameLabeller } from './frame-labeller.ts';
import { LoopWatch } from './loop-watch.ts';
import { changedSettings, type FrameSourceChanges, type GateSettings } from './settings.ts';
import type { DroppedArrival } from './self-dropping.ts';
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
    () => this.#settings.leaseTimeout,
    () => this.#stalled(),
  );
  readonly #silence = new StallWatch(
    () => this.#settings.frameTimeout,
    () => this.#silent(),
  );
  readonly #traces = new EntryTraces();
  readonly #loop = new LoopWatch(() => this.#pump());
  #settings: GateSettings;
  #capacity: Capacity;
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
    this.#silence.moved();
    this.#reader.open();
    this.#reader.keep(this.#capacity);
    this.#pump();
  }

  /** The subscription ended: discards the waiting frames and stops the source. Open leases end when they are released. */
  close(): void {
    this.#changes.unsubscribe();
    this.#stall.stop();
    this.#silence.stop();
    this.#reader.stop();
    this.#loop.stop();
    this.#discardWaiting();
  }

  /** The source gave a frame. */
  arrive(arrival: Arrival<T>): void {
    this.#loop.arrived();
    this.#silence.moved();
    try {
      this.#accept(arrival);
    } catch (error) {
      this.#fail(error);
    }
    this.#pump();
  }

  /** The source dropped a frame that came while it was not asked. It never waited here. */
  dropped(arrival: DroppedArrival, cause: 'replaced' | 'full'): void {
    this.#silence.moved();
    const frame = this.#receive(arrival as Arrival<unknown> as Arrival<T>);
    if (frame) this.#dismiss(frame, { type: 'dropped', cause });
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
    this.#loop.closed();
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

  /** Whether frames may be dropped here; of a pulled source only under the policies `latest` and `dropNewest`. */
  get #lossy(): boolean {
    return !this.#reader.pulled || (this.#capacity.lossy && !this.#reader.dropsItself);
  }

  /** Admits frames and asks for more, until all leases are taken or no frame is there. Never re-entered. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#subscriber.closed) {
      if (!this.#full && this.#buffer.size > 0 && !this.#loop.isHeldUp) this.#admitNext();
      else if (!this.#asks()) break;
    }
    this.#pumping = false;
    if (!this.#subscriber.closed) {
      if (this.#full) this.#stall.watch();
      if (this.#reader.awaited) this.#silence.watch();
    }
    this.#endIfDone();
  }

  /** Asks for a frame, if more are wanted. False: none is there yet. */
  #asks(): boolean {
    if (!this.#wantsMore()) return false;
    this.#silence.moved();
    return this.#reader.ask();
  }

  #wantsMore(): boolean {
    if (!this.#reader.idle) return false;
    if (this.#lossy || !this.#full) return true;
    return this.#buffer.size < this.#capacity.frames && this.#buffer.bytes < this.#capacity.bytes;
  }

  #accept(arrival: Arrival<T>): void {
    const frame = this.#receive(arrival);
    if (!frame) return;
    this.#buffer.add(frame);
    if (this.#lossy) this.#dropExcess();
    // A listener to the event may have unsubscribed.
    if (this.#subscriber.closed) this.#discardWaiting();
  }

  /** Labels a frame; undefined for one whose timestamp is wrong, which is refused. */
  #receive(arrival: Arrival<T>): BufferedFrame<T> | undefined {
    const frame = this.#labeller.receive(arrival, this.#capacity.bytes < Infinity);
    const { label, bytes, missed, before } = frame;
    const at = now();
    if (missed > 0) {
      this.#emitEvent({ type: 'missed', count: missed, label: { ...label, seq: label.seq - missed }, at });
    }
    this.#emitEvent({ type: 'arrived', bytes, pulled: this.#reader.pulled, label, at });
    // A branch's frame was checked at the gate of its source.
    const fault = before ? undefined : this.#clock.check(label);
    if (fault) {
      const answer = this.failed(fault);
      this.#dismiss(frame, { type: 'refused', outcome: 'failed' });
      if (answer === 'stop') this.#fail(fault);
      return undefined;
    }
    return frame;
  }

  /** Drops the frames that are over the capacity. */
  #dropExcess(): void {
    // While another frame is being emitted, frames may wait although leases are free for them.
    const spare = this.#loop.isHeldUp ? 0 : Math.max(0, this.#settings.maxInFlight - this.#leases.size);
    const excess = () => this.#buffer.takeExcess(this.#capacity, spare);
    const cause = this.#capacity.replace ? 'replaced' : 'full';
    for (let frame = excess(); frame; frame = excess()) this.#dismiss(frame, { type: 'dropped', cause });
  }

  #admitNext(): void {
    const next = this.#buffer.take();
    if (!next) return;
    const { data, label, arrivedAt, before } = next;
    const at = now();
    if (at - arrivedAt > this.#settings.maxAge) {
      this.#dismiss(next, { type: 'dropped', cause: 'stale' });
      return;
    }
    const lease = new Lease(this);
    this.#leases.set(lease, label);
    if (this.#lossy) this.#loop.admitted();
    this.#stall.moved();
    this.#emitEvent({ type: 'admitted', label, at });
    const trace = this.#traces.begin(next, this.#settings.profile);
    emit(Frame.of(data, label, lease, trace, before?.view), this.#subscriber);
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
      freeUnseen(data);
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
    this.#reader.keep(this.#capacity);
    // The timeouts start again under the new settings.
    for (const watch of [this.#stall, this.#silence]) {
      watch.stop();
      watch.moved();
    }
    this.#pump();
    if (this.#lossy) this.#dropExcess();
  }

  #stalled(): void {
    const error = this.#full && stallError(this.#leases, this.#settings.leaseTimeout);
    // At once: the frames that wait cannot go through before it.
    if (error) this.#subscriber.error(error);
  }

  #silent(): void {
    if (!this.#reader.awaited) return;
    const { source, frameTimeout } = this.#settings;
    this.#fail(new SourceError('frame-timeout', `${source}: no frame came for ${frameTimeout} ms (frameTimeout)`));
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
