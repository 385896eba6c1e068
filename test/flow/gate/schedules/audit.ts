import type { FrameSourceChanges, DropCause, FrameLabel, GateEvent, LedgerCounts, Policy } from 'sluice';
import { imbalance } from '../../../support/balance.ts';

/** What a frame of a schedule holds: it counts how often it is freed. */
export interface Datum {
  readonly n: number;
  readonly timestamp: number;
  readonly byteLength: number;
  freed: number;
  dispose(): void;
}

interface Entry {
  readonly label: FrameLabel;
  readonly datum: Datum | undefined;
  readonly arrivedAt: number;
  /** Its timestamp is as it should be. */
  readonly good: boolean;
  state: 'waiting' | 'admitted' | 'ended';
}

interface Settings {
  readonly policy: Policy;
  readonly maxInFlight: number;
  readonly maxAge: number;
  readonly onError: 'stop' | 'skip';
}

/**
 * Keeps books of its own on what a gate tells, from the contract and not from the code, and notes every breach of it:
 * who may be let in, who may be dropped and why, that the ledger says the same, that nothing stands still.
 */
export class Audit {
  readonly breaches: string[] = [];
  readonly data: Datum[] = [];
  readonly #pulled: boolean;
  readonly #initial: Settings;
  readonly #entries = new Map<FrameLabel, Entry>();
  readonly #now: () => number;
  #settings: Settings;
  /** Data that were brought and have not been announced. */
  #brought: Datum[] = [];
  #waiting: Entry[] = [];
  #lastGood: number | undefined;
  #lastAdmitted = -1;
  #seq = 0;
  #leases = 0;
  #open = false;
  #changed = false;
  #roomiest = 0;
  #wrongChange = false;
  #mustStop = false;
  readonly #counts = { produced: 0, delivered: 0, discarded: 0, failed: 0 };
  readonly #dropped: Record<DropCause, number> = { replaced: 0, full: 0, stale: 0, missed: 0 };

  constructor(pulled: boolean, admission: FrameSourceChanges, now: () => number) {
    this.#pulled = pulled;
    this.#now = now;
    const defaults = pulled
      ? ({ policy: 'wait', maxInFlight: 2 } as const)
      : ({ policy: 'latest', maxInFlight: 1 } as const);
    this.#initial = { ...defaults, maxAge: Infinity, onError: 'stop', ...admission };
    this.#settings = this.#initial;
  }

  get produced(): number {
    return this.#counts.produced;
  }

  get inFlight(): number {
    return this.#leases + this.#waiting.length;
  }

  /** A wrong change was made, which ends the stream. */
  get wrongChange(): boolean {
    return this.#wrongChange;
  }

  /** A frame failed under `onError: 'stop'`. */
  get mustStop(): boolean {
    return this.#mustStop;
  }

  breach(what: string): void {
    this.breaches.push(`at ${this.#now()} ms: ${what}`);
  }

  /** The gate opened (once more). */
  opened(): void {
    if (this.inFlight > 0) this.breach(`opened anew while ${this.inFlight} frames of the time before are in flight`);
    this.#settings = this.#initial;
    this.#open = true;
    this.#changed = false;
    this.#wrongChange = false;
    this.#mustStop = false;
    this.#roomiest = placesOf(this.#initial.policy).frames;
    this.#seq = 0;
    this.#lastGood = undefined;
    this.#lastAdmitted = -1;
    this.#brought = [];
  }

  /** The gate says that this was all. */
  ends(): void {
    if (this.#waiting.length > 0) this.breach(`it ended before the ${this.#waiting.length} frames that wait`);
  }

  /** Nobody listens to the gate any more. */
  left(): void {
    this.#open = false;
  }

  /** The settings are about to be changed. */
  changes(change: FrameSourceChanges): void {
    if (!this.#open) return;
    const next = { ...this.#settings, ...change };
    const isUnknown = (next.policy as string) === 'newest';
    if (isUnknown || next.maxInFlight < 1 || next.maxAge <= 0 || (next.policy === 'wait' && !this.#pulled)) {
      this.#wrongChange = true;
      return;
    }
    this.#settings = next;
    this.#changed = true;
    this.#roomiest = Math.max(this.#roomiest, placesOf(next.policy).frames);
  }

  /** The source brings this to a gate that listens. */
  brings(datum: Datum): void {
    this.data.push(datum);
    this.#brought.push(datum);
  }

  /** The source brings this to nobody: whoever asked for it has gone. */
  bringsTooLate(datum: Datum): void {
    this.data.push(datum);
  }

  hear(event: GateEvent): void {
    const entry = this.#entries.get(event.label);
    const who = `frame ${event.label.seq}`;
    if (event.type === 'arrived') {
      if (entry) this.breach(`${who} arrived twice`);
      if (this.#mustStop || this.#wrongChange) this.breach(`${who} was taken in although the stream is to stop`);
      this.#arrived(event.label, event.at);
      return;
    }
    if (!entry) {
      this.breach(`${who}: ${event.type}, but it never came`);
      return;
    }
    if (entry.state === 'ended' && event.type !== 'failed') this.breach(`${who}: ${event.type} after its end`);
    if (event.type === 'failed' && this.#settings.onError === 'stop') this.#mustStop = true;
    if (event.type === 'admitted') this.#admitted(entry);
    if (event.type === 'dropped') this.#droppedFor(entry, event.cause);
    if (event.type === 'refused') {
      if (event.outcome === 'failed' && entry.good) this.breach(`${who} was refused although its timestamp is good`);
      if (event.outcome === 'discarded' && this.#open) this.breach(`${who} was discarded while the gate is open`);
      this.#leaves(entry);
      this.#counts[event.outcome]++;
    }
    if (event.type === 'closed') {
      if (entry.state !== 'admitted') this.breach(`${who} closed while it was ${entry.state}`);
      if (entry.datum?.freed !== 1) this.breach(`${who} closed with its data freed ${entry.datum?.freed} times`);
      entry.state = 'ended';
      this.#leases--;
      this.#counts[event.outcome]++;
    }
  }

  #arrived(label: FrameLabel, arrivedAt: number): void {
    const datum = this.#brought.shift();
    if (label.seq !== this.#seq++) this.breach(`frame ${label.seq} is numbered out of turn`);
    if (!datum || !Object.is(label.timestamp, datum.timestamp))
      this.breach(`frame ${label.seq} is not what the source brought`);
    const last = this.#lastGood;
    const { timestamp } = label;
    const good = Number.isFinite(timestamp) && (last === undefined || timestamp > last);
    const anotherClock = Number.isFinite(timestamp) && last !== undefined && last - timestamp > 1e6;
    if (good || anotherClock) this.#lastGood = timestamp;
    const entry: Entry = { label, datum, arrivedAt, good, state: 'waiting' };
    this.#entries.set(label, entry);
    this.#waiting.push(entry);
    this.#counts.produced++;
  }

  #admitted(entry: Entry): void {
    const who = `frame ${entry.label.seq}`;
    const { maxInFlight, maxAge } = this.#settings;
    if (!entry.good) this.breach(`${who} was let in although its timestamp is wrong`);
    if (!this.#open) this.breach(`${who} was let in after the end`);
    if (this.#leases >= maxInFlight)
      this.breach(`${who} was let in while ${this.#leases} of ${maxInFlight} leases are taken`);
    if (this.#waiting[0] !== entry) this.breach(`${who} was let in before frame ${this.#waiting[0]?.label.seq}`);
    if (this.#now() - entry.arrivedAt > maxAge) this.breach(`${who} was let in although it is stale`);
    if (entry.label.seq <= this.#lastAdmitted) this.breach(`${who} was let in after frame ${this.#lastAdmitted}`);
    if (entry.datum?.freed !== 0) this.breach(`${who} was let in with its data freed`);
    this.#leaves(entry);
    entry.state = 'admitted';
    this.#lastAdmitted = entry.label.seq;
    this.#leases++;
  }

  #droppedFor(entry: Entry, cause: DropCause): void {
    const who = `frame ${entry.label.seq}`;
    const { policy, maxInFlight, maxAge } = this.#settings;
    const room = placesOf(policy);
    if (!entry.good) this.breach(`${who} was dropped although its timestamp is wrong`);
    if (cause === 'stale') {
      if (!(this.#now() - entry.arrivedAt > maxAge)) this.breach(`${who} was dropped as stale, too early`);
    } else {
      if (this.#pulled && !room.lossy) this.breach(`${who} was dropped (${cause}) although the source can wait`);
      // In the middle of another frame's turn, those that have a lease free for them are not let in yet.
      const spare = Math.max(0, maxInFlight - this.#leases);
      if (this.#waiting.length <= spare) this.breach(`${who} was dropped (${cause}) while a lease is free for it`);
      if ((cause === 'replaced') !== (policy === 'latest'))
        this.breach(`${who} was dropped (${cause}) under ${JSON.stringify(policy)}`);
      const bytes = this.#waiting.reduce((sum, { datum }) => sum + (datum?.byteLength ?? 0), 0);
      if (this.#waiting.length <= room.frames + spare && bytes <= room.bytes)
        this.breach(`${who} was dropped (${cause}) while there is room`);
      const expected = cause === 'replaced' ? this.#waiting[0] : this.#waiting.at(-1);
      if (expected !== entry) this.breach(`${who} was dropped (${cause}) instead of frame ${expected?.label.seq}`);
    }
    this.#leaves(entry);
    this.#dropped[cause]++;
  }

  /** It waits no longer. */
  #leaves(entry: Entry): void {
    if (entry.state !== 'waiting') this.breach(`frame ${entry.label.seq} waited no longer: it was ${entry.state}`);
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    entry.state = 'ended';
  }

  /** The ledger, at any moment. */
  balances(counts: LedgerCounts): void {
    const wrong = imbalance(counts);
    if (wrong !== undefined) this.breach(wrong);
  }

  /** The ledger, after an event: it says what these books say. */
  agrees(counts: LedgerCounts): void {
    const waiting = this.#waiting.length;
    const inFlight = this.#leases + waiting;
    const own: LedgerCounts = { ...this.#counts, contextLost: 0, dropped: this.#dropped, inFlight, waiting };
    if (!same(counts, own)) this.breach(`the ledger says ${JSON.stringify(counts)}, the books ${JSON.stringify(own)}`);
  }

  /** Nothing is under way but what waits for a timer: so nothing may wait that need not. */
  quiet(asked: boolean, sourceEnded: boolean): void {
    if (!this.#open) return;
    const { policy, maxInFlight } = this.#settings;
    const room = placesOf(policy);
    const waiting = this.#waiting.length;
    const bytes = this.#waiting.reduce((sum, { datum }) => sum + (datum?.byteLength ?? 0), 0);
    const isFull = this.#leases >= maxInFlight;
    if (waiting > 0 && !isFull) this.breach(`${waiting} frames wait while a lease is free`);
    const isLossless = this.#pulled && !room.lossy;
    // What was asked for under another policy, or more leases, is not lost: it waits on top.
    const [spareFrames, spareBytes] = isLossless ? (this.#changed ? [this.#roomiest + 1, Infinity] : [0, 100]) : [0, 0];
    if (waiting > room.frames + spareFrames) this.breach(`${waiting} frames wait where ${room.frames} may`);
    if (bytes > room.bytes + spareBytes) this.breach(`${bytes} bytes wait where ${room.bytes} may`);
    const wanted = !isFull || room.lossy || (waiting < room.frames && bytes < room.bytes);
    if (this.#pulled && wanted && !asked && !sourceEnded) this.breach('there is room, and nobody asks the source');
  }

  /** Everything is over. */
  closes(counts: LedgerCounts): void {
    this.agrees(counts);
    if (this.#open) this.breach('the gate is still open');
    if (this.inFlight > 0) this.breach(`${this.inFlight} frames are still in flight`);
    for (const { n, freed } of this.data)
      if (freed !== 1) this.breach(`the data of frame ${n} were freed ${freed} times`);
    for (const { label, state } of this.#entries.values())
      if (state !== 'ended') this.breach(`frame ${label.seq} has no end`);
  }
}

/** How many frames, or bytes, may wait under a policy, by its definition. */
function placesOf(policy: Policy): { frames: number; bytes: number; lossy: boolean } {
  if (policy === 'wait') return { frames: 0, bytes: Infinity, lossy: false };
  if (policy === 'dropNewest') return { frames: 0, bytes: Infinity, lossy: true };
  if (policy === 'latest') return { frames: 1, bytes: Infinity, lossy: true };
  const { buffer } = policy;
  return typeof buffer === 'number'
    ? { frames: buffer, bytes: Infinity, lossy: false }
    : { frames: Infinity, bytes: buffer.bytes, lossy: false };
}

function same(a: LedgerCounts, b: LedgerCounts): boolean {
  return (
    a.produced === b.produced &&
    a.delivered === b.delivered &&
    a.discarded === b.discarded &&
    a.failed === b.failed &&
    a.inFlight === b.inFlight &&
    a.waiting === b.waiting &&
    a.dropped.replaced === b.dropped.replaced &&
    a.dropped.full === b.dropped.full &&
    a.dropped.stale === b.dropped.stale
  );
}
