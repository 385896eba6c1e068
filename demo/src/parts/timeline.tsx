import type { Observable } from 'rxjs';
import type { Segment } from 'sluice';
import { colourOf } from '../draw/colour-of.ts';
import { scoreText } from '../draw/score-text.ts';
import type { News } from '../run/news.ts';
import { useTimeline } from '../run/use-timeline.ts';

/** The length of the strip, in µs. */
const WINDOW = 20e6;

const seconds = (us: number) => (us / 1e6).toFixed(1);

/** When each label was seen: a strip of the last 20 seconds, and the last segments as a list. */
export function Timeline({ news }: { readonly news: Observable<News> }) {
  const { now, past, open } = useTimeline(news);
  const from = Math.max(0, now - WINDOW);
  const all = [...past, ...(open ? [open] : [])].filter(({ end }) => end >= from);
  return (
    <section class="card timeline" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <div class="strip" aria-hidden="true">
        {all.map((segment) => (
          <Block key={`${segment.source} ${segment.start}`} segment={segment} from={from} />
        ))}
      </div>
      <ol>
        {all
          .slice(-3)
          .toReversed()
          .map(({ source, start, end, label, peakScore }) => (
            <li key={`${source} ${start}`}>
              <span class="dot" style={{ background: colourOf(label) }} />
              <span class="number">
                {seconds(start)}–{seconds(end)} s
              </span>{' '}
              <span class="name">{label}</span> <span class="quiet">up to {scoreText(peakScore)}</span>
            </li>
          ))}
        {all.length === 0 && <li class="quiet">Nothing yet</li>}
      </ol>
    </section>
  );
}

function Block({ segment: { start, end, label }, from }: { readonly segment: Segment; readonly from: number }) {
  const left = Math.max(0, (100 * (start - from)) / WINDOW);
  const width = Math.max(0.4, (100 * (end - Math.max(start, from))) / WINDOW);
  return (
    <span style={{ left: `${left}%`, width: `${width}%`, background: colourOf(label) }} title={label}>
      {width > 6 ? label : ''}
    </span>
  );
}
