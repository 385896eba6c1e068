import type { Observable } from 'rxjs';
import type { Engine, LedgerCounts } from 'sluice';
import { Drawing } from '../board/drawing.ts';
import type { Choice } from '../run/choice.ts';
import type { News } from '../run/news.ts';
import { useHidden } from '../run/use-hidden.ts';
import type { Loaded } from '../run/use-model.ts';
import { useNews } from '../run/use-news.ts';
import { ProgressLine } from './progress-line.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly loaded: Loaded;
  readonly running: boolean;
  readonly choice: Choice;
}

/** One line: the progress of loading or warming up, or the engine of the run. */
export function Status(props: Props) {
  return (
    <div class="status" role="status">
      <Line {...props} />
    </div>
  );
}

function Line({ news, loaded: { model, loading }, running, choice }: Props) {
  const engine = useNews(news, 'engine')?.engine;
  const warmUp = useNews(news, 'warmUp')?.warmUp;
  const counts = useNews(news, 'counts')?.counts;
  const report = useNews(news, 'timing')?.report;
  const hidden = useHidden();
  if (loading) return <Loading {...loading} />;
  if (!model) return <span>No model is loaded: choose one in the settings</span>;
  if (!running) return <span>{report ? `Stopped after ${counts?.delivered ?? 0} labelled frames` : 'Ready'}</span>;
  if (hidden && choice.source === 'camera') return <span>Paused while the page is hidden</span>;
  if (warmUp && warmUp.done < warmUp.total) {
    const { stage, done, total } = warmUp;
    const title = `Warming up${engine ? ` on ${engine.name}` : ''}`;
    return <ProgressLine title={title} detail={`${stage}, ${done} of ${total}`} value={done} max={total} />;
  }
  return (
    <>
      <span>{runs(choice, engine, counts)}</span>
      {engine && <small>{engine.reason}</small>}
    </>
  );
}

function Loading({ title, progress }: NonNullable<Loaded['loading']>) {
  const { loaded = 0, whole } = progress ?? {};
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
  const detail = progress ? `${mb(loaded)}${whole ? ` of ${mb(whole)}` : ''} MB` : '';
  return <ProgressLine title={`Loading ${title}`} detail={detail} value={loaded} max={whole} />;
}

function runs({ source }: Choice, engine: Engine | undefined, counts: LedgerCounts | undefined): string {
  if (counts?.delivered) return `Running on ${engine?.name}`;
  if (counts?.produced) return `Working on the first frame, on ${engine?.name} …`;
  if (source instanceof Drawing) return engine ? `Waiting for a digit, on ${engine.name}` : 'Starting …';
  return source === 'camera' ? 'Asking for the camera …' : 'Opening …';
}
