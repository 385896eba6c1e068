import { Observable, Subject } from 'rxjs';
import { isContextLost } from '../../errors/context-lost.ts';
import { describeFrame, type FrameLabel } from '../../errors/frame-label.ts';
import type { Outcome } from '../../frames/lease.ts';
import type { DropCause, GateEvent } from './gate-event.ts';

/**
 * What became of every frame, at one instant.
 *
 * `produced = delivered + discarded + failed + Σ dropped + inFlight` holds at every instant.
 */
export interface LedgerCounts {
  /** Every frame the source brought, or is known to have lost. */
  readonly produced: number;
  /** Reached `classify` or `markDelivered()`. */
  readonly delivered: number;
  /** Released earlier: filtered out, sampled away, unsubscribed half-way. */
  readonly discarded: number;
  /** A stage threw on it, its timestamp was wrong, or it was lost with the GPU. */
  readonly failed: number;
  /** How many of those that failed were on a GPU that was lost. */
  readonly contextLost: number;
  /** Let go by the gate, or missed by the source, by cause. */
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** Waiting at the gate or on the way. */
  readonly inFlight: number;
  /** How many of those in flight still wait at the gate. */
  readonly waiting: number;
}

/**
 * The account of a source, as a value (`ledger.counts`) and as an Observable of every change.
 *
 * It goes on counting over `retry` and `repeat` of the source.
 *
 * @example
 * const source = frameSource(arrivals, { source: 'demo' });
 * source.ledger.subscribe(({ inFlight }) => console.log(inFlight));
 */
export class Ledger extends Observable<LedgerCounts> {
  #produced = 0;
  #delivered = 0;
  #discarded = 0;
  #failed = 0;
  #contextLost = 0;
  /** Frames that were lost with the GPU and are not counted yet. */
  readonly #lost = new Set<string>();
  #waiting = 0;
  #admitted = 0;
  readonly #dropped: Record<DropCause, number> = { replaced: 0, full: 0, stale: 0, missed: 0 };
  readonly #changes = new Subject<LedgerCounts>();

  constructor() {
    super((subscriber) => {
      subscriber.next(this.counts);
      return this.#changes.subscribe(subscriber);
    });
  }

  /** The account as it stands now. */
  get counts(): LedgerCounts {
    return {
      produced: this.#produced,
      delivered: this.#delivered,
      discarded: this.#discarded,
      failed: this.#failed,
      contextLost: this.#contextLost,
      dropped: { ...this.#dropped },
      inFlight: this.#waiting + this.#admitted,
      waiting: this.#waiting,
    };
  }

  /** @internal */
  record(event: GateEvent): void {
    switch (event.type) {
      case 'arrived':
        this.#produced++;
        this.#waiting++;
        break;
      case 'missed':
        this.#produced += event.count;
        this.#dropped.missed += event.count;
        break;
      case 'admitted':
        this.#waiting--;
        this.#admitted++;
        break;
      case 'dropped':
        this.#waiting--;
        this.#dropped[event.cause]++;
        break;
      case 'refused':
        this.#waiting--;
        this.#count(event.outcome, event.label);
        break;
      case 'closed':
        this.#admitted--;
        this.#count(event.outcome, event.label);
        break;
      case 'failed':
        if (isContextLost(event.error)) this.#lost.add(describeFrame(event.label));
        return;
    }
    if (this.#changes.observed) this.#changes.next(this.counts);
  }

  #count(outcome: Outcome, label: FrameLabel): void {
    if (this.#lost.size > 0 && this.#lost.delete(describeFrame(label))) this.#contextLost++;
    if (outcome === 'delivered') this.#delivered++;
    else if (outcome === 'failed') this.#failed++;
    else this.#discarded++;
  }
}
