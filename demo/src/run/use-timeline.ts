import { useEffect, useState } from 'preact/hooks';
import { auditTime, filter, scan, type Observable } from 'rxjs';
import type { Classification, FrameResult, Segment } from 'sluice';
import type { News } from './news.ts';

/** Stretches of one label, and the one that goes on; times in µs of the source's own. */
export interface Timeline {
  readonly now: number;
  readonly past: readonly Segment[];
  readonly open: Segment | undefined;
}

const EMPTY: Timeline = { now: 0, past: [], open: undefined };
const MOST = 200;

/** Follows the labels, a few times a second. */
export function useTimeline(news: Observable<News>): Timeline {
  const [timeline, setTimeline] = useState(EMPTY);
  useEffect(() => {
    const kinds = ['begin', 'segment', 'result'];
    const changes = news.pipe(
      filter(({ type }) => kinds.includes(type)),
      scan(next, EMPTY),
      auditTime(100),
    );
    const subscription = changes.subscribe(setTimeline);
    return () => subscription.unsubscribe();
  }, [news]);
  return timeline;
}

/** A timeline with one piece of news in it. */
export function next(timeline: Timeline, news: News): Timeline {
  if (news.type === 'begin') return EMPTY;
  if (news.type === 'segment') {
    // What ends because its clip began again belongs to the past of the time before.
    const over = news.segment.end > timeline.now;
    return over ? timeline : { ...timeline, past: [...timeline.past, news.segment].slice(-MOST) };
  }
  return news.type === 'result' ? goOn(timeline, news.result) : timeline;
}

function goOn(
  { now, past, open }: Timeline,
  { source, timestamp, classes: [best] }: FrameResult<Classification>,
): Timeline {
  // A clip that begins again, or another source, has a past of its own.
  const anew = timestamp < now;
  const kept = anew ? [] : past;
  if (!best) return { now: timestamp, past: kept, open: undefined };
  const { label, score } = best;
  const same = !anew && open?.label === label && open.source === source;
  const segment = same
    ? { ...open, end: timestamp, peakScore: Math.max(open.peakScore, score) }
    : { source, label, start: timestamp, end: timestamp, peakScore: score };
  return { now: timestamp, past: kept, open: segment };
}
