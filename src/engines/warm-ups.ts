import { Subject, type Observable } from 'rxjs';

/** How far a pipeline's warm-up is. */
export interface WarmUp {
  /** The stage that is made ready next; at the end, the last one. */
  readonly stage: string;
  /** So many stages are ready … */
  readonly done: number;
  /** … of so many. */
  readonly total: number;
}

const told = new Subject<WarmUp>();

/**
 * How far warm-ups are, of all pipelines here, as they go on: before each stage, and when all are ready. A pipeline with
 * an `inputShape` warms up when it is subscribed to, before its source is; and once more where the GPU was lost.
 *
 * @see {@link useEngine}, {@link pipeline}
 *
 * @example
 * warmUps.subscribe(({ stage, done, total }) => console.log(`${done} of ${total}: ${stage}`));
 */
export const warmUps: Observable<WarmUp> = told.asObservable();

/** @internal */
export function tellWarmUp(progress: WarmUp): void {
  told.next(progress);
}

interface Scheduler {
  yield?(): Promise<void>;
}

/** @internal Lets a page draw and hear people before it goes on; undefined where there is no page, and nothing to wait for. */
export function pageTurn(): Promise<void> | undefined {
  if (typeof document === 'undefined' && !('WorkerGlobalScope' in globalThis)) return undefined;
  const { scheduler } = globalThis as { readonly scheduler?: Scheduler };
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((next) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      next();
    };
    port2.postMessage(undefined);
  });
}
