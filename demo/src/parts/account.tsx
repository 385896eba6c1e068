import { useEffect, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { News } from '../run/news.ts';
import { LAST, recentLatency, type RecentLatency } from '../run/recent-latency.ts';
import { useNews } from '../run/use-news.ts';

/** The name and colour of each thing that can happen to a frame. */
const OUTCOMES = [
  ['labelled', '--accent'],
  ['in flight', '--flying'],
  ['waiting', '--waiting'],
  ['dropped: replaced', '--wrong'],
  ['dropped: full', '--wrong-2'],
  ['dropped: stale', '--wrong-3'],
  ['dropped: missed', '--wrong-4'],
  ['lost with the GPU', '--failed'],
  ['failed', '--wrong-3'],
  ['discarded', '--quiet'],
] as const;

/** The account: what happened to each frame. Its rows always add up to the frames that came in. */
export function Account({ news }: { readonly news: Observable<News> }) {
  const counts = useNews(news, 'counts')?.counts;
  const [latency, setLatency] = useState<RecentLatency>();
  useEffect(() => {
    const subscription = recentLatency(news).subscribe(setLatency);
    return () => subscription.unsubscribe();
  }, [news]);
  const all = counts?.produced ?? 0;
  const of: Readonly<Record<(typeof OUTCOMES)[number][0], number>> = {
    labelled: counts?.delivered ?? 0,
    'in flight': (counts?.inFlight ?? 0) - (counts?.waiting ?? 0),
    waiting: counts?.waiting ?? 0,
    'dropped: replaced': counts?.dropped.replaced ?? 0,
    'dropped: full': counts?.dropped.full ?? 0,
    'dropped: stale': counts?.dropped.stale ?? 0,
    'dropped: missed': counts?.dropped.missed ?? 0,
    'lost with the GPU': counts?.contextLost ?? 0,
    failed: (counts?.failed ?? 0) - (counts?.contextLost ?? 0),
    discarded: counts?.discarded ?? 0,
  };
  const shown = OUTCOMES.filter(([outcome], i) => i < 2 || of[outcome] > 0);
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(0)} ms`);
  return (
    <div class="account">
      <div class="share" aria-hidden="true">
        {shown.map(([outcome, colour]) => (
          <span key={outcome} style={{ flexGrow: of[outcome], background: `var(${colour})` }} />
        ))}
      </div>
      <dl>
        <div>
          <dt>frames in</dt>
          <dd>{all}</dd>
        </div>
        {shown.map(([outcome, colour]) => (
          <div key={outcome}>
            <dt>
              <i style={{ background: `var(${colour})` }} /> {outcome}
            </dt>
            <dd>{of[outcome]}</dd>
          </div>
        ))}
        <div title={`of the last ${LAST} frames`}>
          <dt>recent latency</dt>
          <dd>{ms(latency?.median)}</dd>
        </div>
        <div title={`of the last ${LAST} frames`}>
          <dt>recent latency, p95</dt>
          <dd>{ms(latency?.p95)}</dd>
        </div>
      </dl>
    </div>
  );
}
