import { useEffect, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { News, NewsOf } from './news.ts';

/** The latest news of one type; undefined when a run begins, and a result when there is no picture. It changes at most once per screen refresh. */
export function useNews<T extends News['type']>(news: Observable<News>, type: T): NewsOf<T> | undefined {
  const [seen, setSeen] = useState<NewsOf<T>>();
  useEffect(() => {
    let latest: NewsOf<T> | undefined;
    let request: number | undefined;
    const draw = () => {
      request = undefined;
      setSeen(latest);
    };
    const subscription = news.subscribe((one) => {
      const isOver = one.type === 'begin' || (one.type === 'blank' && type === 'result');
      if (one.type !== type && !isOver) return;
      latest = one.type === type ? (one as NewsOf<T>) : undefined;
      request ??= requestAnimationFrame(draw);
    });
    return () => {
      if (request !== undefined) cancelAnimationFrame(request);
      subscription.unsubscribe();
    };
  }, [news, type]);
  return seen;
}
