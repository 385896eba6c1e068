import { useEffect, useRef } from 'preact/hooks';
import { filter, type Observable } from 'rxjs';
import { colourOf } from '../draw/colour-of.ts';
import { paintPixels } from '../draw/paint-pixels.ts';
import type { News, NewsOf } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';
import { Diagram } from './diagram.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly running: boolean;
  /** What it says means nothing. */
  readonly random: boolean;
}

/** Under this it is a guess, and looks like one. */
const UNSURE = 0.2;

/** The very frame that was labelled, with its label on it. */
export function Screen({ news, running, random }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [best] = useNews(news, 'result')?.result.classes ?? [];
  useEffect(() => {
    const frames = news.pipe(filter((one): one is NewsOf<'frame'> => one.type === 'frame'));
    const subscription = frames.subscribe(({ picture }) => {
      if (canvas.current) paintPixels(canvas.current, picture);
    });
    return () => subscription.unsubscribe();
  }, [news]);
  return (
    <figure class="screen">
      <canvas ref={canvas} width={640} height={360} role="img" aria-label="The frame that was labelled last" />
      {!best && (
        <div class="invitation">
          <Diagram />
          <p>
            {running
              ? 'One moment …'
              : 'Show it something: your camera, the sample clip, or a video, a picture or a model dropped here.'}
          </p>
        </div>
      )}
      {best && (
        <figcaption>
          <span class={best.score < UNSURE ? 'label unsure' : 'label'} aria-live="polite">
            {best.label}
            {best.score < UNSURE && '?'}
          </span>
          <span class="certainty" style={{ background: colourOf(best.label) }}>
            {(100 * best.score).toFixed(0)} %
          </span>
        </figcaption>
      )}
      {random && <p class="random">Random weights: the layers are real, the labels mean nothing.</p>}
    </figure>
  );
}
