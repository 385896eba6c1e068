import { Observable, Subject } from 'rxjs';
import { isContextLost } from '../../errors/context-lost.ts';
import { describeFrame, type FrameLabel } from '../../errors/frame-label.ts';
import type { Outcome } from '../../frames/lease.ts';
import type { DropCause, GateEvent } from './gate-event.ts';

/**
 * How many frames had which fate, at one instant.
 *
 * `produced = delivered + discarded + failed + Σ dropped + inFlight` always holds.
 */
export interface LedgerCounts {
  /** Frames that the source gave, or is known to have lost. */
  readonly produced: number;
  /** Frames whose result came out of the pipe, or that passed `markDelivered()`. */
  readonly delivered: number;
  /**
   * Frames that the pipe got and that nobody wanted: your own operators filtered them out, `sampleFrames` left them out, or they
   * were in flight when the stream was unsubscribed from. Nothing was too slow. Frames that were lost because the pipe was busy
   * are in `dropped`.
   */
  readonly discarded: number;
  /** Frames on which a stage threw, whose timestamp was wrong, or that were lost with the GPU. */
  readonly failed: number;
  /** Of the failed frames, those that were lost with the GPU. */
  readonly contextLost: number;
  /**
   * Frames that the pipe never got because it was busy, by cause: the gate dropped them (`replaced`, `full`, `stale`), or the
   * source lost them before they could be read (`missed`). Frames that the pipe got and left out are in `discarded`.
   */
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** Frames that wait at the gate or are in the pipe. */
  readonly inFlight: number;
  /** Of the frames in flight, those that wait at the gate. */
  readonly waiting: number;
}

/**
 * Counts what became of a source's frames: a value (`ledger.counts`), and an Observable of every change.
 *
 * It counts on when the source is subscribed to again, as `retry` and `repeat` do.
 *
 * @see {@link frameSource}, {@link GateEvent}
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
  /** The labels of frames that were lost with the GPU and whose lease has not ended yet. */
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

  /** The counts at this moment. */
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
