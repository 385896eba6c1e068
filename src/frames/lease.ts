import { isContextLost } from '../errors/context-lost.ts';
import type { SluiceError } from '../errors/errors.ts';
import { lastStage, type Trace } from './trace.ts';

/** What becomes of a frame when its lease ends. */
export type Outcome = 'delivered' | 'discarded' | 'failed';

/** Whoever hands out leases (the gate) hears what became of them and decides what a failure means. */
export interface LeaseOwner {
  closed(outcome: Outcome, lease: Lease): void;
  failed(error: SluiceError): 'stop' | 'skip';
}

/**
 * The life that all frames derived from one source frame share: the unit of backpressure.
 *
 * It counts as in flight until the last frame derived from it is released.
 */
export class Lease {
  #holders = 0;
  #ended = false;
  #delivered = false;
  #failed = false;
  #holder = 'an operator that called frame.retain()';
  #trace: Trace | undefined;
  readonly #owner: LeaseOwner | undefined;

  constructor(owner?: LeaseOwner) {
    this.#owner = owner;
  }

  /** True until the last frame that shares this lease is released. */
  get open(): boolean {
    return !this.#ended;
  }

  /** Says that something of this frame reached the end of the pipe; `classify` and `markDelivered` do. */
  markDelivered(): void {
    this.#delivered = true;
  }

  /**
   * Reports that a stage failed on this frame; the answer says whether the stream goes on without it. It always does where
   * the frame was lost with its GPU.
   */
  fail(error: SluiceError): 'stop' | 'skip' {
    this.#failed = true;
    const answer = this.#owner?.failed(error) ?? 'stop';
    return isContextLost(error) ? 'skip' : answer;
  }

  /** Who holds it, as far as is known: the last one that retained a frame, and the stage it had come to. */
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

  /** @internal */
  drop(): void {
    if (--this.#holders > 0) return;
    this.#ended = true;
    this.#owner?.closed(this.#failed ? 'failed' : this.#delivered ? 'delivered' : 'discarded', this);
  }
}
