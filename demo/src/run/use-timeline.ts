import { useEffect, useState } from 'preact/hooks';
import { auditTime, filter, scan, type Observable } from 'rxjs';
import type { Segment } from 'sluice';
import type { News, TaskResult } from './news.ts';

/** Finished segments and the current one. Times are in µs, on the source's clock. */
export interface Timeline {
  readonly now: number;
  readonly past: readonly Segment[];
  readonly open: Segment | undefined;
}

const EMPTY: Timeline = { now: 0, past: [], open: undefined };
const MOST = 200;

/** The timeline of the current run, updated at most ten times a second. */
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

/** The timeline after one more event. */
export function next(timeline: Timeline, news: News): Timeline {
  if (news.type === 'begin') return EMPTY;
  if (news.type === 'segment') {
    // A segment that ended because the clip started again is not part of this pass through the clip.
    const over = news.segment.end > timeline.now;
    return over ? timeline : { ...timeline, past: [...timeline.past, news.segment].slice(-MOST) };
  }
  return news.type === 'result' ? goOn(timeline, news) : timeline;
}

function goOn({ now, past, open }: Timeline, { result, task }: TaskResult): Timeline {
  const { source, timestamp } = result;
  const [best] = task.captions(result);
  // When the clip starts again, or the source changes, the timeline starts anew.
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
