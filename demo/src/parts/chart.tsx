import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Line } from '../draw/plot.ts';

interface Props {
  readonly title: string;
  /** What the numbers of `at` are; by default seconds, over which values are whole numbers. */
  readonly unit?: 'seconds' | 'rounds';
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  /** The times at which the user changed a setting. */
  readonly marks: readonly number[];
  /** A text alternative for the chart. */
  readonly summary: string;
}

const HEIGHT = 120;

/** Values over time, drawn by uPlot, which is loaded with the first chart. */
export function Chart({ title, unit = 'seconds', at, lines, marks, summary }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const drawn = useRef(marks);
  const [missing, setMissing] = useState(false);
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  drawn.current = marks;

  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(scheme.matches);
    scheme.addEventListener('change', follow);
    return () => scheme.removeEventListener('change', follow);
  }, []);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    let gone = false;
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    const drawing = import('../draw/plot.ts').then(({ makePlot }) => {
      if (gone) return;
      plot.current = makePlot(element, {
        width: element.clientWidth,
        height: HEIGHT,
        unit,
        lines,
        marks: () => drawn.current,
      });
      plot.current.setData(dataOf(at, lines));
      sized.observe(element);
    });
    drawing.catch(() => setMissing(true));
    return () => {
      gone = true;
      sized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [dark]);
  useEffect(() => plot.current?.setData(dataOf(at, lines)), [at]);

  return (
    <figure class="chart">
      <figcaption>
        {title}
        <span class="legend">
          {lines.map(({ name, colour }) => (
            <span key={name}>
              <i style={{ background: `var(${colour})` }} /> {name}
            </span>
          ))}
        </span>
      </figcaption>
      {missing && <p class="quiet">The chart can’t be loaded: reload the page to see it.</p>}
      <div ref={place} role="img" aria-label={summary} style={{ height: `${HEIGHT}px` }} />
    </figure>
  );
}

const dataOf = (at: readonly number[], lines: readonly Line[]): uPlot.AlignedData => [
  [...at],
  ...lines.map(({ values }) => [...values]),
];
