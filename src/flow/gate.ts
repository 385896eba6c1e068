import { Subscription, type Observable, type Subscriber } from 'rxjs';
import { describeValue } from '../describe-value.ts';
import { OptionError, type FrameLabel, type SluiceError } from '../errors.ts';
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
import { SourceClock } from './source-clock.ts';
import { stallError, StallWatch } from './stall-watch.ts';
import { WaitingRoom, type Waiting } from './waiting-room.ts';

/** One subscription's gate: frames arrive, wait or are dropped, and are let in while leases are free. */
export class Gate<T> implements LeaseOwner, Receiver<T> {
  readonly #tell: (event: GateEvent) => void;
  readonly #subscriber: Subscriber<Frame<T>>;
  readonly #intake: Intake<T>;
  readonly #clock = new SourceClock();
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
    const { source: name } = this.#settings;
    if (typeof arrival !== 'object' || arrival === null) {
      const came = describeValue(arrival);
      this.#giveUp(new OptionError(`${name}: each frame must come as { data, timestamp }, not ${came}`));
      return;
    }
    const { data, timestamp, source = name, from } = arrival;
    const bytes = bytesOf(data);
    if (bytes === 0 && this.#room.bytes < Infinity) {
      this.#free(data);
      this.#giveUp(
        new OptionError(
          `${name}: policy { buffer: { bytes } } needs frames that tell how large they are (byteLength, a tensor, a ` +
            `picture), not ${describeValue(data)}. Use { buffer: frames }.`,
        ),
      );
      return;
    }
    const label = from?.label ?? { source, seq: this.#seq++, timestamp };
    const arrivedAt = now();
    this.#tell({ type: 'arrived', bytes, pulled: this.#intake.pulled, label, at: arrivedAt });
    // A frame that was one before was judged at its own gate.
    const error = from ? undefined : this.#clock.check(label);
    if (error) {
      this.#refuse(data, error, label);
      return;
    }
    this.#waiting.add({ data, label, arrivedAt, bytes, before: from?.trace });
    if (this.#lossy) this.#clearOut();
    // Whoever heard of its arrival may have left.
    if (this.#subscriber.closed) this.#discardWaiting();
  }

  /** What finds no place is dropped: under `latest` the oldest first, else the newest, which is the one that just came. */
  #clearOut(): void {
    const { frames, bytes, replace } = this.#room;
    // In the middle of another frame's turn, some may wait that have a lease free for them.
    const spare = Math.max(0, this.#settings.maxInFlight - this.#leases.size);
    const fits = () =>
      this.#waiting.size <= spare || (this.#waiting.size <= spare + frames && this.#waiting.bytes <= bytes);
    while (!fits()) {
      const frame = replace ? this.#waiting.take() : this.#waiting.takeNewest();
      if (frame) this.#drop(frame, replace ? 'replaced' : 'full');
    }
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
    // A frame that was one before has waited since its last stage, and is not timed again where it was not.
    const marks = [before?.marks.at(-1) ?? arrivedAt];
    const { every } = this.#settings.profile;
    const closed = before?.closed === true || every === Infinity || label.seq % every !== 0;
    const trace = { stages: [], marks, method: 'unavailable', before, closed } as const;
    emit(Frame.of(data, label, lease, trace), this.#subscriber);
  }

  #drop({ data, label }: Waiting<T>, cause: DropCause): void {
    this.#tell({ type: 'dropped', cause, label, at: now() });
    this.#free(data);
  }

  #refuse(data: T, error: SluiceError, label: FrameLabel): void {
    const answer = this.failed(error);
    this.#tell({ type: 'refused', outcome: 'failed', label, at: now() });
    this.#free(data);
    if (answer === 'stop') this.#giveUp(error);
  }

  #discardWaiting(): void {
    for (let left = this.#waiting.take(); left; left = this.#waiting.take()) {
      this.#tell({ type: 'refused', outcome: 'discarded', label: left.label, at: now() });
      this.#free(left.data);
    }
  }

  #change(change: AdmissionChanges): void {
    try {
      this.#settings = changedSettings(this.#settings, change, this.#intake.pulled);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    this.#room = roomOf(this.#settings.source, this.#settings.policy);
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
