import { Subject, type Observable } from 'rxjs';
import { IN_NODE } from './in-node.ts';

/** The progress of a pipeline's warm-up. */
export interface WarmUp {
  /** The stage that is prepared next. At the end, the last stage. */
  readonly stage: string;
  /** How many stages are ready. */
  readonly done: number;
  /** How many stages there are. */
  readonly total: number;
}

const progress = new Subject<WarmUp>();

/**
 * Emits the progress of the warm-ups of all pipelines of this process or page: before each stage is prepared, and when all
 * are ready. A pipeline with an `inputShape` warms up when it is subscribed to, before it subscribes to its source, and again
 * after a GPU was lost. Never completes.
 *
 * @see {@link useEngine}, {@link pipeline}
 *
 * @example
 * warmUps.subscribe(({ stage, done, total }) => console.log(`${done} of ${total}: ${stage}`));
 */
export const warmUps: Observable<WarmUp> = progress.asObservable();

/** @internal Emits progress on {@link warmUps}. */
export function tellWarmUp(warmUp: WarmUp): void {
  progress.next(warmUp);
}

interface Scheduler {
  yield?(): Promise<void>;
}

/**
 * @internal Lets a page draw and handle input before work goes on. Returns undefined in Node, also where it has a DOM of
 * jsdom: there is nothing to wait for.
 */
export function pageTurn(): Promise<void> | undefined {
  if (IN_NODE) return undefined;
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
