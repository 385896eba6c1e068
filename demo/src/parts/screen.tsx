import { useEffect, useRef } from 'preact/hooks';
import { filter, type Observable } from 'rxjs';
import type { Detection } from 'sluice';
import { paintResult } from '../draw/paint-result.ts';
import type { Line } from '../line/line.ts';
import type { News, NewsOf } from '../run/news.ts';
import { taskNamed } from '../run/tasks.ts';
import { useNews } from '../run/use-news.ts';
import { Diagram } from './diagram.tsx';
import { Label } from './label.tsx';
import { LineLayer } from './line-layer.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly running: boolean;
  /** No model is loaded, and the page is loading none. */
  readonly isEmpty: boolean;
  /** The model has random weights: its results mean nothing. */
  readonly random: boolean;
  /** The line whose crossings are counted, and how it is moved. */
  readonly line: Line | undefined;
  readonly changeLine: (change: (line: Line) => Line) => void;
}

/** The frame that the latest result belongs to, with its label, boxes, areas or points on it. */
export function Screen({ news, running, isEmpty, random, line, changeLine }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const found = useNews(news, 'result');
  const isClassified = found && taskNamed(found.task.kind) === 'classification';
  const [best] = found ? found.task.captions(found.result) : [];
  const invitation = isEmpty
    ? 'Choose a model in the settings, or drop one here.'
    : 'Choose your camera or the sample clip, draw a digit, or drop a video, pictures or a model here.';
  useEffect(() => {
    const frames = news.pipe(filter((one): one is NewsOf<'frame' | 'begin'> => ['frame', 'begin'].includes(one.type)));
    const subscription = frames.subscribe((one) => {
      if (!canvas.current) return;
      if (one.type === 'frame') paintResult(canvas.current, one.picture, one);
      // The last frame of the run before is wiped away: the invitation would be drawn over it.
      else canvas.current.getContext('2d')?.clearRect(0, 0, canvas.current.width, canvas.current.height);
    });
    return () => subscription.unsubscribe();
  }, [news]);
  return (
    <figure class="screen">
      <canvas ref={canvas} width={640} height={360} role="img" aria-label="The frame that was labelled last" />
      {!found && (
        <div class="invitation">
          <Diagram />
          <p>{running ? 'Starting …' : invitation}</p>
        </div>
      )}
      {best && isClassified && (
        <figcaption>
          <Label best={best} random={random} />
        </figcaption>
      )}
      {found && line && <LineLayer line={line} picture={sizeOf(found)} change={changeLine} />}
    </figure>
  );
}

/** The size of the source picture. */
function sizeOf({ result }: NewsOf<'result'>): { readonly width: number; readonly height: number } {
  return (result as Partial<Detection>).picture ?? { width: 1, height: 1 };
}
