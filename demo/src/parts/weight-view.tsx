import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Weight } from 'sluice';
import { filterCount, paintFilter } from '../draw/paint-filter.ts';
import { histogramOf } from '../draw/histogram.ts';

interface Props {
  readonly name: string;
  readonly weight: Weight;
}

/** A weight: a histogram of its values and, for kernels with 1 or 3 input channels, its filters as pictures. */
export function WeightView({ name, weight }: Props) {
  const place = useRef<HTMLSpanElement>(null);
  const { bins, least, most, mean } = useMemo(() => histogramOf(weight.data), [weight]);
  const filters = filterCount(weight.shape);
  useEffect(() => {
    [...(place.current?.querySelectorAll('canvas') ?? [])].forEach((canvas, i) => paintFilter(canvas, weight, i));
  }, [weight]);
  const highest = Math.max(...bins, 1);
  return (
    <div class="weight">
      <p>
        <strong>{name}</strong> <span class="shape">{weight.shape.join(' × ')}</span>{' '}
        <span class="quiet number">
          {least.toPrecision(3)} … {most.toPrecision(3)}, on average {mean.toPrecision(2)}
        </span>
      </p>
      <span class="histogram" aria-hidden="true">
        {bins.map((count, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- a bin has no key but its position
          <i key={i} style={{ height: `${(100 * count) / highest}%` }} />
        ))}
      </span>
      {filters > 0 && (
        <span class="maps filters" ref={place} aria-hidden="true">
          {Array.from({ length: filters }, (_, i) => (
            <canvas key={i} width={1} height={1} />
          ))}
        </span>
      )}
    </div>
  );
}
