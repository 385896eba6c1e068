import type { Observable } from 'rxjs';
import { Check } from './check.tsx';
import { Facts } from './facts.tsx';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';
import { FIRST_LINE, type Line } from '../line/line.ts';

interface Props {
  readonly news: Observable<News>;
  readonly line: Line | undefined;
  readonly setLine: (line: Line | undefined) => void;
}

/** Turns the line on, and shows how many objects have crossed it, each way. */
export function CrossingsCard({ news, line, setLine }: Props) {
  const { forward = 0, backward = 0 } = useNews(news, 'crossings')?.crossings ?? {};
  return (
    <section class="card crossings" aria-labelledby="crossings">
      <h2 id="crossings">Crossings</h2>
      <Check
        label="count what crosses a line"
        checked={line !== undefined}
        onChange={(on) => setLine(on ? FIRST_LINE : undefined)}
      />
      {line && (
        <>
          <Facts
            facts={[
              ['with the arrow', `${forward}`],
              ['against it', `${backward}`],
            ]}
          />
          <p class="quiet">
            Move the ends of the line with a mouse, a finger or, once they have the focus, the arrow keys. The count
            then begins anew.
          </p>
        </>
      )}
    </section>
  );
}
