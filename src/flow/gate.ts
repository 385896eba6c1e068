import { Subscription, type Observable, type Subscriber } from 'rxjs';
import { describeValue } from '../describe-value.ts';
import { describeFrame, OptionError, StallError, TimestampError, type FrameLabel, type SluiceError } from '../errors.ts';
import { Frame, free, Lease, type LeaseOwner, type Outcome } from '../frame.ts';
import { now } from '../timing/clock.ts';
import type { Arrival, Arrivals } from './arrival.ts';
import { attach } from './attach.ts';
import { bytesOf } from './bytes-of.ts';
import { emit } from './emit.ts';
import type { DropCause, GateEvent } from './gate-event.ts';
import { Intake, type End, type Receiver } from './intake.ts';
import { roomOf, type Room } from './policy.ts';
import { changedSettings, type AdmissionChanges, type GateSettings } from './settings.ts';
import { StallWatch } from './stall-watch.ts';
import { WaitingRoom, type Waiting } from './waiting-room.ts';

/** One subscription's gate: frames arrive, wait or are dropped, and are let in while leases are free. */
export class Gate<T> implements LeaseOwner, Receiver<T> {
  readonly #tell: (event: GateEvent) => void;
  readonly #subscriber: Subscriber<Frame<T>>;
  readonly #intake: Intake<T>;
  readonly #waiting = new WaitingRoom<T>();
  readonly #leases = new Map<Lease, FrameLabel>();
  readonly #changes = new Subscription();
  readonly #stall = new StallWatch(
    () => this.#settings.stallTimeout,
    () => this.#stalled(),
  );
  #settings: GateSettings;
  #room: Room;
  #seq = 0;
  #last: FrameLabel | undefined;
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
    this.#intake = new Intake(arrivals, this);
    this.#room = roomOf(settings.source, settings.policy);
  }

  open(changes?: Observable<AdmissionChanges>): void {
    if (this.#subscriber.closed) return;
    if (changes) {
      attach(changes, this.#changes, {
        next: (change) => this.#change(change),
        error: (error: unknown) => this.#giveUp(error),
        complete: () => undefined,
      });
    }
    this.#intake.open();
    this.#pump();
  }

  /** The subscription ended: let go of what waits, tell the source. Leases downstream end by their own release. */
  close(): void {
    this.#changes.unsubscribe();
    this.#stall.stop();
    this.#intake.leave();
    for (let left = this.#waiting.take(); left; left = this.#waiting.take()) {
      this.#tell({ type: 'refused', outcome: 'discarded', label: left.label, at: now() });
      this.#free(left.data);
    }
  }

  /** The source brought a frame. */
  arrive(arrival: Arrival<T>): void {
    this.#place(arrival);
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
    const { source: name } = this.#settings;
    if (typeof arrival !== 'object' || arrival === null) {
      const came = describeValue(arrival);
      this.#giveUp(new OptionError(`${name}: each frame must come as { data, timestamp }, not ${came}`));
      return;
    }
    const { data, timestamp, source = name, from } = arrival;
    const bytes = bytesOf(data);
    const label = from?.label ?? { source, seq: this.#seq++, timestamp };
    const arrivedAt = now();
    this.#tell({ type: 'arrived', bytes, label, at: arrivedAt });
    const previous = this.#last?.source === source ? this.#last.timestamp : undefined;
    if (!Number.isFinite(timestamp) || (previous !== undefined && timestamp <= previous)) {
      this.#refuse(data, new TimestampError(label, previous), label);
      return;
    }
    this.#last = label;
    const frame = { data, label, arrivedAt, bytes, before: from?.trace };
    const mustWait = this.#full || this.#waiting.size > 0;
    if (mustWait && this.#lossy && !this.#makeRoom(bytes)) this.#drop(frame, 'full');
    else this.#waiting.add(frame);
  }

  /** Whether one more frame may wait; under `latest` the one that waits gives way. */
  #makeRoom(bytes: number): boolean {
    while (this.#room.replace && this.#waiting.size >= this.#room.frames) {
      const old = this.#waiting.take();
      if (old) this.#drop(old, 'replaced');
    }
    return this.#waiting.size < this.#room.frames && this.#waiting.bytes + bytes <= this.#room.bytes;
  }

  #admitNext(): void {
    const next = this.#waiting.take();
    if (!next) return;
    const { data, label, arrivedAt, before } = next;
    const at = now();
    if (at - arrivedAt > this.#settings.maxAge) {
      this.#drop(next, 'stale');
      return;
    }
    const lease = new Lease(this);
    this.#leases.set(lease, label);
    this.#stall.moved();
    this.#tell({ type: 'admitted', label, at });
    const closed = label.seq % this.#settings.profile.every !== 0;
    const trace = { stages: [], marks: [arrivedAt], method: 'unavailable', before, closed } as const;
    emit(Frame.of(data, label, lease, trace), this.#subscriber);
  }

  #drop({ data, label }: Waiting<T>, cause: DropCause): void {
    this.#tell({ type: 'dropped', cause, label, at: now() });
    this.#free(data);
  }

  #refuse(data: T, error: TimestampError, label: FrameLabel): void {
    // A clock that began anew is the one to go by from here on.
    if (error.fault === 'source-change') this.#last = label;
    const answer = this.failed(error);
    this.#tell({ type: 'refused', outcome: 'failed', label, at: now() });
    this.#free(data);
    if (answer === 'stop') this.#giveUp(error);
  }

  #change(change: AdmissionChanges): void {
    try {
      this.#settings = changedSettings(this.#settings, change, this.#intake.pulled);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    this.#room = roomOf(this.#settings.source, this.#settings.policy);
    this.#pump();
    if (this.#lossy) this.#clearOut();
  }

  /** A policy with less room than the one before: what no longer fits goes, the oldest first under `latest`. */
  #clearOut(): void {
    const tooMany = () => this.#waiting.size > this.#room.frames || this.#waiting.bytes > this.#room.bytes;
    while (tooMany()) {
      const frame = this.#room.replace ? this.#waiting.take() : this.#waiting.takeNewest();
      if (frame) this.#drop(frame, this.#room.replace ? 'replaced' : 'full');
    }
  }

  #stalled(): void {
    const [held] = this.#leases;
    if (!this.#full || !held) return;
    const [lease, frame] = held;
    const { holder, stage } = lease.whereabouts;
    const ms = this.#settings.stallTimeout;
    // What waits can't go through first: that is the trouble.
    this.#subscriber.error(
      new StallError(
        `nothing has come free for ${ms} ms: frame ${describeFrame(frame)} is held by ${holder}` +
          `${stage === undefined ? '' : `, after stage ${stage}`}, and all ${this.#leases.size} leases are taken. ` +
          'Release what is retained, let more frames in (maxInFlight), or allow more time (stallTimeout).',
        { frame, stage: stage ?? holder },
      ),
    );
  }

  #free(data: T): void {
    try {
      free(data);
    } catch (error) {
      this.#giveUp(error);
    }
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
