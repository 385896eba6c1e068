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

/** The files that can be saved: results, timings, a video. */
export function Downloads({ news, log, running, onProblem }: Props) {
  const some = useNews(news, 'timing') !== undefined;
  const task = useNews(news, 'result')?.task;
  return (
    <section class="card downloads" aria-labelledby="downloads">
      <h2 id="downloads">Save</h2>
      <p class="quiet">The page makes these files from the last five minutes of the run.</p>
      <div class="files">
        {FORMATS.map(({ title, what, file, hasCaptions = false, write }) => (
          <button
            key={file}
            type="button"
            disabled={!some || (hasCaptions && task?.hasCaptions === false)}
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
