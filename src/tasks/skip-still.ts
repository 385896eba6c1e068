import { Observable, type OperatorFunction, type Subscriber } from 'rxjs';
import { StageError } from '../errors/errors.ts';
import { frameKey } from '../errors/frame-label.ts';
import { comparedBy, type Shown, type StillWatch } from '../flow/operators/still-watch.ts';
import { fed } from '../frames/fed.ts';
import type { Frame } from '../frames/frame.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { FrameResult } from './frame-result.ts';

const NAME = 'skipStill';

/** What became of a frame that went through the operator. */
interface Outcome<R> {
  result?: R;
  /** Whether the frame is gone, and its result with it if there is none. */
  isOver: boolean;
}

/** A result that is emitted when its turn comes. */
interface Turn<R> {
  readonly outcome: Outcome<R>;
  /** The still frame that gets the result of another one, and the number of that. */
  readonly still?: { readonly frame: Frame<Pixels>; readonly same: number };
}

/**
 * Runs an operator, such as `infer(model)`, on the frames that have changed, and gives the others the result of the last one that had, with
 * `same`: the number of its frame. The results keep the order of the frames. A still frame is held until that result is there, and fails
 * where that frame has failed.
 *
 * The operator must give one result for each frame, in their order, and must not wait for further frames, as `batch` does.
 */
export function skipStill<T extends object>(
  through: OperatorFunction<Frame<Pixels>, FrameResult<T>>,
  watch: StillWatch,
): OperatorFunction<Frame<Pixels>, FrameResult<T>> {
  return (upstream) => {
    const results = new Observable<FrameResult<T>>((subscriber) => {
      const turns = new Turns<FrameResult<T>>(subscriber);
      subscriber.add(() => turns.release());
      const { frames, feed } = fed<Frame<Pixels>>(upstream, () => begin());
      const error = (thrown: unknown) => subscriber.error(thrown);
      const begin = () =>
        subscribeWithin(upstream, subscriber, {
          next(frame) {
            const compared = comparedBy(NAME, watch, frame, subscriber);
            if (!compared) return;
            if (compared.isStill) turns.addStill(frame, compared.shown);
            else {
              turns.addChanged(frame, compared.shown);
              feed.next(frame);
            }
          },
          error: (thrown: unknown) => feed.error(thrown),
          complete: () => feed.complete(),
        });
      subscribeWithin(frames.pipe(through), subscriber, {
        next: (result) => turns.settle(result),
        error,
        complete: () => subscriber.complete(),
      });
    });
    return Object.assign(results, { upstream });
  };
}

/** The results of one subscription that are not emitted yet, in the order of their frames. */
class Turns<R extends FrameResult<object>> {
  readonly #subscriber: Subscriber<R>;
  readonly #outcomes = new WeakMap<Shown, Outcome<R>>();
  /** Those of the frames that are on their way through the operator. */
  readonly #onTheWay = new Map<string, Outcome<R>>();
  readonly #turns: Turn<R>[] = [];

  constructor(subscriber: Subscriber<R>) {
    this.#subscriber = subscriber;
  }

  addChanged({ label, lease }: Frame<Pixels>, shown: Shown): void {
    const outcome: Outcome<R> = { isOver: false };
    const key = frameKey(label);
    this.#outcomes.set(shown, outcome);
    this.#onTheWay.set(key, outcome);
    this.#turns.push({ outcome });
    const end = lease.watch(() => {
      outcome.isOver = true;
      this.#onTheWay.delete(key);
      this.#emit();
      end();
    });
  }

  addStill(frame: Frame<Pixels>, shown: Shown): void {
    const outcome = this.#outcomes.get(shown) ?? { isOver: true };
    this.#turns.push({ outcome, still: { frame: frame.hold(NAME), same: shown.seq } });
    this.#emit();
  }

  /** Takes the result of a frame that went through the operator. */
  settle(result: R): void {
    const outcome = this.#onTheWay.get(frameKey(result));
    if (outcome) outcome.result = result;
    this.#emit();
  }

  /** Releases the frames that are held. */
  release(): void {
    for (const { still } of this.#turns.splice(0)) still?.frame.release();
  }

  /** Emits all results whose turn has come. */
  #emit(): void {
    for (let turn = this.#turns[0]; turn; turn = this.#turns[0]) {
      const { outcome, still } = turn;
      if (!outcome.result && !outcome.isOver) return;
      this.#turns.shift();
      if (!still) {
        if (outcome.result) this.#subscriber.next(outcome.result);
        continue;
      }
      const { frame, same } = still;
      try {
        if (outcome.result) this.#give(frame, outcome.result, same);
        else this.#fail(frame, same);
      } finally {
        frame.release();
      }
    }
  }

  #give({ label, lease, latencyMs }: Frame<Pixels>, result: R, same: number): void {
    lease.markDelivered();
    this.#subscriber.next({ ...result, ...label, same, timings: [], latencyMs });
  }

  #fail({ label, lease }: Frame<Pixels>, same: number): void {
    const error = new StageError(NAME, label, new Error(`it shows what frame ${same} showed, which has no result`));
    if (lease.fail(error) === 'stop') this.#subscriber.error(error);
  }
}
