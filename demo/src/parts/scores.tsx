import type { Observable } from 'rxjs';
import { colourOf } from '../draw/colour-of.ts';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';

const PLACES = 5;

/** The best classes as bars; calmed down, so that they can be read. */
export function Scores({ news }: { readonly news: Observable<News> }) {
  const classes = useNews(news, 'result')?.result.classes ?? [];
  return (
    <section class="card scores" aria-labelledby="scores">
      <h2 id="scores">What it sees</h2>
      <ol>
        {Array.from({ length: PLACES }, (_, i) => {
          const { label = '', score = 0 } = classes[i] ?? {};
          return (
            <li key={i}>
              <span class="name">{label || '–'}</span>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${100 * score}%`, background: colourOf(label) }} />
              </span>
              <span class="number">{label ? `${(100 * score).toFixed(0)} %` : ''}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
