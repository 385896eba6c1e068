import { useEffect, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { Engine, LedgerCounts } from 'sluice';
import type { Choice } from '../run/choice.ts';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';
import type { Loaded } from '../run/use-network.ts';

interface Props {
  readonly news: Observable<News>;
  readonly loading: Loaded['loading'];
  readonly running: boolean;
  readonly choice: Choice;
}

/** In one line: what is being loaded, and how far it is; or how it goes. */
export function Status({ news, loading, running, choice }: Props) {
  const engine = useNews(news, 'engine')?.engine;
  const counts = useNews(news, 'counts')?.counts;
  const hidden = useHidden();
  const report = useNews(news, 'timing')?.report;
  if (loading) {
    const { title, progress } = loading;
    const { loaded = 0, whole } = progress ?? {};
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    return (
      <div class="status" role="status">
        <span>
          Loading {title}
          {progress && `: ${mb(loaded)}${whole ? ` of ${mb(whole)}` : ''} MB`}
        </span>
        <progress aria-label={`Loading ${title}`} {...(whole ? { max: whole, value: loaded } : {})} />
      </div>
    );
  }
  return (
    <div class="status" role="status">
      {running ? (
        <>
          <span>
            {hidden && choice.source === 'camera' ? 'Resting while nobody sees the page' : runs(choice, engine, counts)}
          </span>
          {engine && <small title={engine.reason}>{engine.reason}</small>}
        </>
      ) : (
        <span>{report ? `Stopped after ${counts?.delivered ?? 0} labelled frames` : 'Ready'}</span>
      )}
    </div>
  );
}

function runs({ source }: Choice, engine: Engine | undefined, counts: LedgerCounts | undefined): string {
  if (counts?.delivered) return `Running on ${engine?.name}`;
  if (counts?.produced) return `Working on the first frame, on ${engine?.name} …`;
  if (engine && source !== 'camera') return `Warming up on ${engine.name} …`;
  return source === 'camera' ? 'Asking for the camera …' : 'Opening …';
}

function useHidden(): boolean {
  const [hidden, setHidden] = useState(false);
  useEffect(() => {
    const follow = () => setHidden(document.visibilityState === 'hidden');
    document.addEventListener('visibilitychange', follow);
    return () => document.removeEventListener('visibilitychange', follow);
  }, []);
  return hidden;
}
