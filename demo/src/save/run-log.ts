import type { FrameResult, GateEvent, Task } from 'sluice';
import type { News, TaskResult } from '../run/news.ts';
import { Ring } from './ring.ts';

/** Results of five minutes of a camera. */
const RESULTS = 9000;
const TIMED = 300;
const EVENTS = 2000;

/** The latest results and events of a run, to be saved. Its memory is bounded, however long the run is. */
export class RunLog {
  #results = new Ring<FrameResult<object>>(RESULTS);
  #timed = new Ring<FrameResult<object>>(TIMED);
  #events = new Ring<GateEvent>(EVENTS);
  #last: FrameResult<object> | undefined;
  #task: Task | undefined;

  take(news: News): void {
    if (news.type === 'begin') this.#clear();
    else if (news.type === 'event') this.#events.push(news.event);
    else if (news.type === 'frame') this.#frame(news);
  }

  /** The task that gave the results; undefined while there are none. */
  get task(): Task | undefined {
    return this.#task;
  }

  /** The results without their timings, which would take most of the memory. */
  get results(): readonly FrameResult<object>[] {
    return this.#results.items;
  }

  /** The latest few results, with their timings. */
  get timed(): readonly FrameResult<object>[] {
    return this.#timed.items;
  }

  get events(): readonly GateEvent[] {
    return this.#events.items;
  }

  #frame({ result, task }: TaskResult): void {
    const last = this.#last;
    // A clip that starts again gives the same results again: only those of the last pass are kept.
    if (last?.source === result.source && result.timestamp <= last.timestamp) this.#clear();
    this.#last = result;
    this.#task = task;
    const small = withoutPixels(result);
    this.#results.push({ ...small, timings: [] });
    this.#timed.push(small);
  }

  #clear(): void {
    this.#results = new Ring(RESULTS);
    this.#timed = new Ring(TIMED);
    this.#events = new Ring(EVENTS);
    this.#last = undefined;
    this.#task = undefined;
  }
}

/** A result without the pictures and masks in it, which no file holds. */
function withoutPixels(result: FrameResult<object>): FrameResult<object> {
  const { image: _image, mask: _mask, ...rest } = result as FrameResult<{ image?: unknown; mask?: unknown }>;
  return rest;
}
