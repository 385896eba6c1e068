import type { Classification, FrameResult, GateEvent, Segment } from 'sluice';
import type { News } from '../run/news.ts';
import { Ring } from './ring.ts';

/** Five minutes of a camera. */
const LABELS = 9000;
const TIMED = 300;
const EVENTS = 2000;

/** What a run has told that can be saved: no more than so much of it, however long it runs. */
export class RunLog {
  #labels = new Ring<FrameResult<Classification>>(LABELS);
  #timed = new Ring<FrameResult<Classification>>(TIMED);
  #events = new Ring<GateEvent>(EVENTS);
  #segments = new Ring<Segment>(LABELS);
  #last: FrameResult<Classification> | undefined;

  take(news: News): void {
    if (news.type === 'begin') this.#clear();
    else if (news.type === 'event') this.#events.push(news.event);
    else if (news.type === 'segment') this.#segments.push(news.segment);
    else if (news.type === 'frame') this.#frame(news.result);
  }

  /** The labels, without their traces: those would be most of it. */
  get labels(): readonly FrameResult<Classification>[] {
    return this.#labels.items;
  }

  /** The last few with their traces. */
  get timed(): readonly FrameResult<Classification>[] {
    return this.#timed.items;
  }

  get events(): readonly GateEvent[] {
    return this.#events.items;
  }

  get segments(): readonly Segment[] {
    return this.#segments.items;
  }

  #frame(result: FrameResult<Classification>): void {
    const last = this.#last;
    // A clip that begins again is labelled again: once is enough.
    if (last?.source === result.source && result.timestamp <= last.timestamp) this.#clear();
    this.#last = result;
    this.#labels.push({ ...result, timings: [] });
    this.#timed.push(result);
  }

  #clear(): void {
    this.#labels = new Ring(LABELS);
    this.#timed = new Ring(TIMED);
    this.#events = new Ring(EVENTS);
    this.#segments = new Ring(LABELS);
    this.#last = undefined;
  }
}
