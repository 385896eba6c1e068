import { useEffect, useRef } from 'preact/hooks';
import { filter, type Observable } from 'rxjs';
import { mapsOf, paintMap } from '../draw/paint-maps.ts';
import type { News, NewsOf } from '../run/news.ts';

interface Props {
  readonly news: Observable<News>;
  readonly stage: string;
  /** The channels to show; those that the output does not have stay empty. */
  readonly channels: readonly number[];
}

/** A stage's output for a frame, one picture per channel. Painted as soon as it is read, without rendering the component. */
export function FeatureMaps({ news, stage, channels }: Props) {
  const place = useRef<HTMLSpanElement>(null);
  const wanted = useRef(channels);
  wanted.current = channels;
  useEffect(() => {
    const mine = news.pipe(
      filter((one): one is NewsOf<'activations'> => one.type === 'activations' && one.activations.stage === stage),
    );
    const subscription = mine.subscribe(({ activations }) => {
      const { count } = mapsOf(activations.shape);
      [...(place.current?.querySelectorAll('canvas') ?? [])].forEach((canvas, i) => {
        const channel = wanted.current[i] ?? 0;
        if (channel < count) paintMap(canvas, activations, channel);
      });
    });
    return () => subscription.unsubscribe();
  }, [news, stage]);
  return (
    <span class="maps" ref={place} aria-hidden="true">
      {channels.map((channel) => (
        <canvas key={channel} width={1} height={1} />
      ))}
    </span>
  );
}
