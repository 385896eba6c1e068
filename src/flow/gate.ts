import { isObservable, type Observable, type Subject, type Subscriber, type Subscription } from 'rxjs';
import { TimestampError, type FrameLabel, type SluiceError } from '../errors.ts';
import { Frame, free, Lease, type LeaseOwner, type Outcome } from '../frame.ts';
import type { Arrival } from './arrival.ts';
import type { DropCause, Ledger } from './ledger.ts';
import { roomOf, type Policy } from './policy.ts';

/** Frames that can be asked for (an iterable, sync or async) or that come by themselves (an Observable). */
export type Arrivals<T> = AsyncIterable<Arrival<T>> | Iterable<Arrival<T>> | Observable<Arrival<T>>;

/** A frame that could not be done, with the error that names the stage and holds the cause. */
export interface FrameFailure {
  readonly label: FrameLabel;
  readonly error: SluiceError;
}

/** What the gate goes by; `admit` fills in the defaults. */
export interface GateSettings {
  readonly source: string;
  readonly policy: Policy;
  readonly maxInFlight: number;
  readonly maxAge: number;
  readonly onError: 'stop' | 'skip';
}

interface Waiting<T> {
  readonly data: T;
  readonly label: FrameLabel;
  readonly arrivedAt: number;
  readonly bytes: number;
}

/** One subscription's gate: frames arrive, wait or are dropped, and are let in while leases are free. */
export class Gate<T> implements LeaseOwner {
  readonly #settings: GateSettings;
  readonly #ledger: Ledger;
  readonly #failures: Subject<FrameFailure>;
  readonly #subscriber: Subscriber<Frame<T>>;
  readonly #waiting: Waiting<T>[] = [];
  #waitingBytes = 0;
  #leases = 0;
  #seq = 0;
  #last: FrameLabel | undefined;
  #iterator: AsyncIterator<Arrival<T>> | Iterator<Arrival<T>> | undefined;
  #sampling: Subscription | undefined;
  #asking = false;
  #pumping = false;
  #closed = false;
  /** Set once the source has ended, well (`undefined`) or with an error. */
  #end: { readonly error: unknown } | undefined;

  constructor(
    settings: GateSettings,
    ledger: Ledger,
    failures: Subject<FrameFailure>,
    subscriber: Subscriber<Frame<T>>,
  ) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#failures = failures;
    this.#subscriber = subscriber;
  }

  open(arrivals: Arrivals<T>): void {
    if (this.#closed) return;
    if (isObservable(arrivals)) {
      this.#sampling = arrivals.subscribe({
        next: (arrival) => this.#arrive(arrival),
        error: (error: unknown) => this.#finish(error),
        complete: () => this.#finish(undefined),
      });
      // One that emits while it is being subscribed to may have closed the gate already.
      if (this.#closed) this.#sampling.unsubscribe();
      return;
    }
    try {
      this.#iterator =
        Symbol.asyncIterator in arrivals ? arrivals[Symbol.asyncIterator]() : arrivals[Symbol.iterator]();
    } catch (error) {
      this.#finish(error);
      return;
    }
    this.#pump();
  }

  /** The subscription ended: let go of what waits, tell the source. Leases downstream end by their own release. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sampling?.unsubscribe();
    for (const { data } of this.#waiting.splice(0)) {
      free(data);
      this.#ledger.turnedAway('discarded');
    }
    if (this.#iterator && !this.#end) {
      // A source that fails while it is being closed has nobody left to tell.
      void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    }
  }

  closed(outcome: Outcome): void {
    this.#leases--;
    this.#ledger.closed(outcome);
    this.#pump();
  }

  failed(error: SluiceError): 'stop' | 'skip' {
    if (error.frame) this.#failures.next({ label: error.frame, error });
    return this.#settings.onError;
  }

  /** Lets frames in, and asks for more, until the leases are taken or nothing is there. Never re-entered. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#closed) {
        if (this.#leases < this.#settings.maxInFlight && this.#waiting.length > 0) this.#admitNext();
        else if (!this.#wantsMore() || !this.#ask()) break;
      }
    } finally {
      this.#pumping = false;
    }
    this.#settle();
  }

  #wantsMore(): boolean {
    if (!this.#iterator || this.#asking || this.#end) return false;
    if (this.#drops) return true;
    const { frames, bytes } = roomOf(this.#settings.policy);
    if (this.#leases < this.#settings.maxInFlight) return true;
    return this.#waiting.length < frames && this.#waitingBytes < bytes;
  }

  /** A pulled source loses frames only under a policy that tells it to behave like a camera. */
  get #drops(): boolean {
    const { policy } = this.#settings;
    return !this.#iterator || policy === 'latest' || policy === 'dropNewest';
  }

  /** Asks the source for one frame; false when the answer is yet to come. */
  #ask(): boolean {
    this.#asking = true;
    let answer;
    try {
      answer = this.#iterator?.next();
    } catch (error) {
      this.#asking = false;
      this.#finish(error);
      return false;
    }
    if (!(answer instanceof Promise)) {
      this.#answered(answer as IteratorResult<Arrival<T>>);
      return true;
    }
    answer.then(
      (result: IteratorResult<Arrival<T>>) => {
        this.#answered(result);
        this.#pump();
      },
      (error: unknown) => {
        this.#asking = false;
        this.#finish(error);
      },
    );
    return false;
  }

  #answered(result: IteratorResult<Arrival<T>>): void {
    this.#asking = false;
    if (result.done) this.#finish(undefined);
    else if (this.#closed) free(result.value.data);
    else this.#arrive(result.value);
  }

  #arrive({ data, timestamp, source = this.#settings.source }: Arrival<T>): void {
    const label = { source, seq: this.#seq++, timestamp };
    this.#ledger.arrived();
    const previous = this.#last?.source === source ? this.#last.timestamp : -Infinity;
    if (!(Number.isFinite(timestamp) && timestamp > previous)) {
      this.#refuse(data, new TimestampError(label, previous));
      return;
    }
    this.#last = label;
    const bytes = bytesOf(data);
    const free = this.#leases < this.#settings.maxInFlight && this.#waiting.length === 0;
    if (!free && this.#drops && !this.#makeRoom(bytes)) {
      this.#drop(data, 'full');
      return;
    }
    this.#waiting.push({ data, label, arrivedAt: performance.now(), bytes });
    this.#waitingBytes += bytes;
    this.#pump();
  }

  /** Whether one more frame may wait; under `latest` the one that waits gives way. */
  #makeRoom(bytes: number): boolean {
    const room = roomOf(this.#settings.policy);
    if (room.replace) {
      while (this.#waiting.length >= room.frames) {
        const old = this.#takeWaiting();
        if (!old) break;
        this.#drop(old.data, 'replaced');
      }
    }
    return this.#waiting.length < room.frames && this.#waitingBytes + bytes <= room.bytes;
  }

  #admitNext(): void {
    const next = this.#takeWaiting();
    if (!next) return;
    const now = performance.now();
    if (now - next.arrivedAt > this.#settings.maxAge) {
      this.#drop(next.data, 'stale');
      return;
    }
    this.#leases++;
    this.#ledger.admitted();
    const frame = Frame.of(next.data, next.label, new Lease(this), {
      stages: [],
      marks: [next.arrivedAt],
      method: 'unavailable',
      before: undefined,
    });
    try {
      this.#subscriber.next(frame);
    } finally {
      frame.release();
    }
  }

  #takeWaiting(): Waiting<T> | undefined {
    const next = this.#waiting.shift();
    this.#waitingBytes -= next?.bytes ?? 0;
    return next;
  }

  #drop(data: T, cause: DropCause): void {
    this.#ledger.dropped(cause);
    free(data);
  }

  #refuse(data: T, error: TimestampError): void {
    this.#ledger.turnedAway('failed');
    free(data);
    if (this.failed(error) === 'stop') this.#subscriber.error(error);
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#settle();
  }

  /** What waits still goes through before the end of the source does. */
  #settle(): void {
    if (!this.#end || this.#pumping || this.#waiting.length > 0) return;
    if (this.#end.error === undefined) this.#subscriber.complete();
    else this.#subscriber.error(this.#end.error);
  }
}

/** How much memory a waiting frame holds, as far as it tells. */
function bytesOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  if ('byteLength' in data && typeof data.byteLength === 'number') return data.byteLength;
  if ('allocationSize' in data && typeof data.allocationSize === 'function') return Number(data.allocationSize());
  if ('size' in data && typeof data.size === 'number') return data.size * Float32Array.BYTES_PER_ELEMENT;
  return 'data' in data ? bytesOf(data.data) : 0;
}
