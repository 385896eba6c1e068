import type { Observable } from 'rxjs';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';
import type { RunLog } from '../save/run-log.ts';
import { saveFile } from '../save/save-file.ts';
import { FORMATS } from '../save/written.ts';
import { Record } from './record.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly log: RunLog;
  readonly running: boolean;
  readonly onProblem: (thrown: unknown) => void;
}

/** What can be taken along: labels, times, a video. */
export function Downloads({ news, log, running, onProblem }: Props) {
  const some = useNews(news, 'timing') !== undefined;
  return (
    <section class="card downloads" aria-labelledby="downloads">
      <h2 id="downloads">Take it with you</h2>
      <p class="quiet">Made in this page, from the last five minutes of this run.</p>
      <div class="files">
        {FORMATS.map(({ title, what, file, write }) => (
          <button
            key={file}
            type="button"
            disabled={!some}
            onClick={() => {
              try {
                saveFile(file, write(log));
              } catch (thrown) {
                onProblem(thrown);
              }
            }}
          >
            <strong>{title}</strong>
            <span>{what}</span>
          </button>
        ))}
        <Record news={news} running={running} onProblem={onProblem} />
      </div>
    </section>
  );
}
