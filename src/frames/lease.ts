import { isContextLost } from '../errors/context-lost.ts';
import type { SluiceError } from '../errors/errors.ts';
import { lastStage, type Trace } from './trace.ts';

/** The outcome of a frame when its lease ends. */
export type Outcome = 'delivered' | 'discarded' | 'failed';

/** What gives out leases (the gate): it learns the outcome of each, and decides whether a failure ends the stream. */
export interface LeaseOwner {
  closed(outcome: Outcome, lease: Lease): void;
  failed(error: SluiceError): 'stop' | 'skip';
}

/**
 * The admission of one source frame, which all frames derived from it share: the unit of backpressure.
 *
 * It counts as in flight until the last of these frames is released.
 */
export class Lease {
  #holders = 0;
  #ended = false;
  #delivered = false;
  /** What the owner answered to the first failure. A frame fails once, though it may be in several windows. */
  #failure: 'stop' | 'skip' | undefined;
  #holder = 'an operator that called frame.retain()';
  #trace: Trace | undefined;
  /** Those that hold the lease until nothing else does, the latest last. */
  readonly #watchers: (() => void)[] = [];
  readonly #owner: LeaseOwner | undefined;

  constructor(owner?: LeaseOwner) {
    this.#owner = owner;
  }

  /** True until the last frame that shares this lease is released. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Notes that a result of this frame reached the end of the pipe; `classify` and the operator `markDelivered` call it. */
  markDelivered(): void {
    this.#delivered = true;
  }

  /**
   * Reports that a stage failed on this frame. Gives `skip` if the stream goes on without the frame, as it always does when
   * the frame was lost with its GPU.
   */
  fail(error: SluiceError): 'stop' | 'skip' {
    this.#failure ??= this.#owner?.failed(error) ?? 'stop';
    return isContextLost(error) ? 'skip' : this.#failure;
  }

  /** Who holds the lease, as far as is known: the last `holder` of a frame, and the stage it passed last. */
  get whereabouts(): { readonly holder: string; readonly stage: string | undefined } {
    return { holder: this.#holder, stage: lastStage(this.#trace) };
  }

  /** @internal */
  hold(trace?: Trace): void {
    this.#holders++;
    this.#trace = trace;
  }

  /** @internal */
  retainedBy(holder: string): void {
    this.#holder = holder;
  }

  /** @internal Whether a stage failed on this frame. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * @internal Holds the lease, and calls `alone` when nothing else holds it but those that began to watch before: when all frames that were
   * made meanwhile are gone. Returns the function that gives up the hold, which the caller calls once or more.
   */
  watch(alone: () => void): () => void {
    this.hold(this.#trace);
    this.#watchers.push(alone);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const place = this.#watchers.indexOf(alone);
      if (place >= 0) this.#watchers.splice(place, 1);
      this.drop();
    };
  }

  /** @internal */
  drop(): void {
    this.#holders--;
    if (this.#holders > this.#watchers.length) return;
    const alone = this.#watchers.pop();
    if (alone) {
      alone();
      return;
    }
    if (this.#holders > 0) return;
    this.#ended = true;
    this.#owner?.closed(this.#failure ? 'failed' : this.#delivered ? 'delivered' : 'discarded', this);
  }
}
