import type { Observable } from 'rxjs';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';

/** What each way to go is called, and its colour. */
const WAYS = [
  ['labelled', '--accent'],
  ['in flight', '--flying'],
  ['dropped: replaced', '--wrong'],
  ['dropped: full', '--wrong-2'],
  ['dropped: stale', '--wrong-3'],
  ['dropped: missed', '--wrong-4'],
  ['lost with the GPU', '--failed'],
  ['failed', '--wrong-3'],
  ['discarded', '--quiet'],
] as const;

/** The account: where every frame went. It always balances. */
export function Account({ news }: { readonly news: Observable<News> }) {
  const counts = useNews(news, 'counts')?.counts;
  const latency = useNews(news, 'timing')?.report.latency;
  const all = counts?.produced ?? 0;
  const of: Readonly<Record<(typeof WAYS)[number][0], number>> = {
    labelled: counts?.delivered ?? 0,
    'in flight': counts?.inFlight ?? 0,
    'dropped: replaced': counts?.dropped.replaced ?? 0,
    'dropped: full': counts?.dropped.full ?? 0,
    'dropped: stale': counts?.dropped.stale ?? 0,
    'dropped: missed': counts?.dropped.missed ?? 0,
    'lost with the GPU': counts?.contextLost ?? 0,
    failed: (counts?.failed ?? 0) - (counts?.contextLost ?? 0),
    discarded: counts?.discarded ?? 0,
  };
  const shown = WAYS.filter(([way], i) => i < 2 || of[way] > 0);
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(0)} ms`);
  return (
    <div class="account">
      <div class="share" aria-hidden="true">
        {shown.map(([way, colour]) => (
          <span key={way} style={{ flexGrow: of[way], background: `var(${colour})` }} />
        ))}
      </div>
      <dl>
        <div>
          <dt>frames in</dt>
          <dd>{all}</dd>
        </div>
        {shown.map(([way, colour]) => (
          <div key={way}>
            <dt>
              <i style={{ background: `var(${colour})` }} /> {way}
            </dt>
            <dd>{of[way]}</dd>
          </div>
        ))}
        <div>
          <dt>latency, median</dt>
          <dd>{ms(latency?.p50)}</dd>
        </div>
        <div>
          <dt>95 % within</dt>
          <dd>{ms(latency?.p95)}</dd>
        </div>
      </dl>
    </div>
  );
}
