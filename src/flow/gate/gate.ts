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

/** One subscription's gate: frames arrive, wait or are dropped, and are let in while leases are free. */
export class Gate<T> implements LeaseOwner, Receiver<T> {
  readonly #tell: (event: GateEvent) => void;
  readonly #subscriber: Subscriber<Frame<T>>;
  readonly #intake: SourceReader<T>;
  readonly #reception: FrameLabeller<T>;
  readonly #clock = new SourceClock();
  readonly #waiting = new FrameBuffer<T>();
  readonly #leases = new Map<Lease, FrameLabel>();
  readonly #changes = new Subscription();
  readonly #stall = new StallWatch(
    () => this.#settings.stallTimeout,
    () => this.#stalled(),
  );
  #settings: GateSettings;
  #room: Capacity;
  #admissions = 0;
  #timed = 0;
  #pumping = false;
  #end: End | undefined;

  constructor(
    arrivals: Arrivals<T>,
    settings: GateSettings,
    tell: (event: GateEvent) => void,
    subscriber: Subscriber<Frame<T>>,
  ) {
    this.#settings = settings;
    this.#tell = tell;
    this.#subscriber = subscriber;
    this.#intake = new SourceReader(arrivals, this);
    this.#reception = new FrameLabeller(settings.source);
    this.#room = capacityOf(settings.source, settings.policy);
  }

  open(changes?: Observable<FrameSourceChanges>): void {
    if (this.#subscriber.closed) return;
    if (changes) {
      subscribeWithin(changes, this.#changes, {
        next: (change) => this.#change(change),
        error: (error: unknown) => this.#giveUp(error),
        complete: () => undefined,
      });
    }
    // A change that comes at once and is wrong ends the stream before it began.
    if (this.#subscriber.closed) return;
    this.#intake.open();
    this.#pump();
  }

  /** The subscription ended: let go of what waits, tell the source. Leases downstream end by their own release. */
  close(): void {
    this.#changes.unsubscribe();
    this.#stall.stop();
    this.#intake.leave();
    this.#discardWaiting();
  }

  /** The source brought a frame. */
  arrive(arrival: Arrival<T>): void {
    try {
      this.#place(arrival);
    } catch (error) {
      this.#giveUp(error);
    }
    this.#pump();
  }

  /** The source ended. */
  finish(end: End): void {
    this.#end ??= end;
    this.#settle();
  }

  closed(outcome: Outcome, lease: Lease): void {
    const label = this.#leases.get(lease);
    this.#leases.delete(lease);
    this.#stall.moved();
    if (label) this.#tell({ type: 'closed', outcome, label, at: now() });
    // Not at once: who releases a frame is often in the middle of finishing it, and not ready for the next one.
    if (!this.#pumping) queueMicrotask(() => this.#pump());
  }

  failed(error: SluiceError): 'stop' | 'skip' {
    if (error.frame) this.#tell({ type: 'failed', error, label: error.frame, at: now() });
    return this.#settings.onError;
  }

  get #full(): boolean {
    return this.#leases.size >= this.#settings.maxInFlight;
  }

  /** A pulled source loses frames only under a policy that tells it to behave like a camera. */
  get #lossy(): boolean {
    return this.#room.lossy || !this.#intake.pulled;
  }

  /** Lets frames in, and asks for more, until the leases are taken or nothing is there. Never re-entered. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#subscriber.closed) {
      if (!this.#full && this.#waiting.size > 0) this.#admitNext();
      else if (!this.#wantsMore() || !this.#intake.ask()) break;
    }
    this.#pumping = false;
    if (this.#full && !this.#subscriber.closed) this.#stall.watch();
    this.#settle();
  }

  #wantsMore(): boolean {
    if (!this.#intake.idle) return false;
    if (this.#lossy || !this.#full) return true;
    return this.#waiting.size < this.#room.frames && this.#waiting.bytes < this.#room.bytes;
  }

  #place(arrival: Arrival<T>): void {
    const frame = this.#reception.receive(arrival, this.#room.bytes < Infinity);
    const { label, arrivedAt, bytes, missed, before } = frame;
    if (missed > 0) {
      this.#tell({ type: 'missed', count: missed, label: { ...label, seq: label.seq - missed }, at: arrivedAt });
    }
    this.#tell({ type: 'arrived', bytes, pulled: this.#intake.pulled, label, at: arrivedAt });
    // A frame that was one before was judged at its own gate.
    const fault = before ? undefined : this.#clock.check(label);
    if (fault) {
      const answer = this.failed(fault);
      this.#dismiss(frame, { type: 'refused', outcome: 'failed' });
      if (answer === 'stop') this.#giveUp(fault);
      return;
    }
    this.#waiting.add(frame);
    if (this.#lossy) this.#clearOut();
    // Whoever heard of its arrival may have left.
    if (this.#subscriber.closed) this.#discardWaiting();
  }

  /** What finds no place is dropped. */
  #clearOut(): void {
    // In the middle of another frame's turn, some may wait that have a lease free for them.
    const spare = Math.max(0, this.#settings.maxInFlight - this.#leases.size);
    const excess = () => this.#waiting.takeExcess(this.#room, spare);
    const cause = this.#room.replace ? 'replaced' : 'full';
    for (let frame = excess(); frame; frame = excess()) this.#dismiss(frame, { type: 'dropped', cause });
  }

  #admitNext(): void {
    const next = this.#waiting.take();
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
    this.#tell({ type: 'admitted', label, at });
    const { every, deviceEvery } = this.#settings.profile;
    // Counted in frames let in: by `seq`, a camera that drops in step with `every` would hardly ever be timed.
    const timed = every !== Infinity && this.#admissions++ % every === 0;
    const asksDevice = timed && deviceEvery !== Infinity && this.#timed++ % deviceEvery === 0;
    emit(Frame.of(data, label, lease, entryTrace(next, timed, asksDevice)), this.#subscriber);
  }

  #discardWaiting(): void {
    for (let left = this.#waiting.take(); left; left = this.#waiting.take()) {
      this.#dismiss(left, { type: 'refused', outcome: 'discarded' });
    }
  }

  /** A frame goes before it was let in. */
  #dismiss({ data, label }: BufferedFrame<T>, how: Dismissal): void {
    this.#tell({ ...how, label, at: now() });
    try {
      free(data);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #change(change: FrameSourceChanges): void {
    try {
      this.#settings = changedSettings(this.#settings, change, this.#intake.pulled);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    this.#room = capacityOf(this.#settings.source, this.#settings.policy);
    // What was slow by the old settings has its time by the new ones.
    this.#stall.stop();
    this.#stall.moved();
    this.#pump();
    if (this.#lossy) this.#clearOut();
  }

  #stalled(): void {
    const error = this.#full && stallError(this.#leases, this.#settings.stallTimeout);
    // What waits can't go through first: that is the trouble.
    if (error) this.#subscriber.error(error);
  }

  /** Ends the stream although the source has not ended. */
  #giveUp(error: unknown): void {
    this.#intake.leave();
    this.finish({ error });
  }

  /** What waits still goes through before the end of the source does. */
  #settle(): void {
    if (!this.#end || this.#pumping || this.#waiting.size > 0) return;
    if ('error' in this.#end) this.#subscriber.error(this.#end.error);
    else this.#subscriber.complete();
  }
}
