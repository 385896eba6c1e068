import type { Observable } from 'rxjs';
import { colourOf } from '../draw/colour-of.ts';
import { scoreText } from '../draw/score-text.ts';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';

const PLACES = 5;

/** What the steadied result says, most important first, with its scores as bars. */
export function Scores({ news }: { readonly news: Observable<News> }) {
  const found = useNews(news, 'result');
  const captions = found ? found.task.captions(found.result) : [];
  return (
    <section class="card scores" aria-labelledby="scores">
      <h2 id="scores">Result</h2>
      <ol>
        {Array.from({ length: PLACES }, (_, i) => {
          const { label = '', score = 0 } = captions[i] ?? {};
          return (
            <li key={i}>
              <span class="name" title={label}>
                {label || '–'}
              </span>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${100 * Math.min(1, Math.max(0, score))}%`, background: colourOf(label) }} />
              </span>
              <span class="number">{label ? scoreText(score) : ''}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
