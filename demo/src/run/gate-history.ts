import { defer, filter, interval, map, merge, scan, type Observable } from 'rxjs';
import type { LedgerCounts } from 'sluice';
import type { News } from './news.ts';

/** What happened in one step of time. */
export interface Moment {
  /** Seconds since the run began. */
  readonly at: number;
  /** Frames per second. */
  readonly arrived: number;
  readonly labelled: number;
  readonly dropped: number;
  readonly inFlight: number;
  /** The median latency of the frames labelled in this step, in ms; null if there were none. */
  readonly latency: number | null;
}

/** In ms. */
const STEP = 500;
/** One minute. */
const STEPS = 120;

const droppedOf = ({ dropped }: LedgerCounts) => Object.values(dropped).reduce((sum, count) => sum + count, 0);

interface State {
  readonly history: readonly Moment[];
  readonly counts: LedgerCounts | undefined;
  readonly before: LedgerCounts | undefined;
  readonly latencies: readonly number[];
  readonly tick: boolean;
}

const EMPTY: State = { history: [], counts: undefined, before: undefined, latencies: [], tick: false };

/** The last minute of a run, in steps. Nothing is added while no frame is on its way. */
export function gateHistory(news: Observable<News>): Observable<readonly Moment[]> {
  return defer(() => merge(news, interval(STEP))).pipe(
    scan((state, one) => (typeof one === 'number' ? step(state) : take(state, one)), EMPTY),
    filter(({ tick }) => tick),
    map(({ history }) => history),
  );
}

function take(state: State, news: News): State {
  if (news.type === 'begin') return EMPTY;
  const still = { ...state, tick: false };
  if (news.type === 'counts') return { ...still, counts: news.counts };
  if (news.type === 'frame') return { ...still, latencies: [...state.latencies, news.result.latencyMs] };
  return still;
}

function step({ history, counts, before, latencies }: State): State {
  const still = !counts || (counts === before && counts.inFlight === 0);
  if (still) return { history, counts, before, latencies: [], tick: false };
  const perSecond = (now: number, then = 0) => ((now - then) * 1000) / STEP;
  const moment: Moment = {
    at: (history.at(-1)?.at ?? 0) + STEP / 1000,
    arrived: perSecond(counts.produced, before?.produced),
    labelled: perSecond(counts.delivered, before?.delivered),
    dropped: perSecond(droppedOf(counts), before && droppedOf(before)),
    inFlight: counts.inFlight,
    latency: latencies.toSorted((a, b) => a - b)[latencies.length >> 1] ?? null,
  };
  return { history: [...history, moment].slice(-STEPS), counts, before: counts, latencies: [], tick: true };
}
