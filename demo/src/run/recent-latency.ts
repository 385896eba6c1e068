import { distinctUntilChanged, map, scan, type Observable } from 'rxjs';
import type { News } from './news.ts';

/** The latency of the last frames, in ms. */
export interface RecentLatency {
  readonly median: number;
  readonly p95: number;
}

/** So many frames are the last ones. */
export const LAST = 100;

interface State {
  readonly latencies: readonly number[];
  readonly shown: RecentLatency | undefined;
}

/** The latency of the last 100 frames of the run, as often as its timing is reported; undefined when a run begins. */
export function recentLatency(news: Observable<News>): Observable<RecentLatency | undefined> {
  return news.pipe(
    scan(next, { latencies: [], shown: undefined }),
    map(({ shown }) => shown),
    distinctUntilChanged(),
  );
}

function next(state: State, news: News): State {
  if (news.type === 'begin') return { latencies: [], shown: undefined };
  if (news.type === 'frame') return { ...state, latencies: [...state.latencies, news.result.latencyMs].slice(-LAST) };
  if (news.type !== 'timing' || state.latencies.length === 0) return state;
  const sorted = state.latencies.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  return { ...state, shown: { median: at(0.5), p95: at(0.95) } };
}
