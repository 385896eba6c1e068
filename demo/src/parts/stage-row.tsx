import type { Observable } from 'rxjs';
import type { StageTimes } from 'sluice';
import type { News } from '../run/news.ts';
import type { StageFacts } from '../run/stage-facts.ts';
import { FeatureMaps } from './feature-maps.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly name: string;
  readonly what: string;
  readonly shape: string;
  readonly time: StageTimes | undefined;
  /** The sum of all stages' medians in ms: the width of the waterfall. */
  readonly total: number;
  /** Where in the waterfall the stage begins, in ms; undefined for a step that is not part of it. */
  readonly before: number | undefined;
  /** The stage that a click opens; undefined for preprocessing and readback, which are no stages of the model. */
  readonly stage: StageFacts | undefined;
  readonly open: (stage: StageFacts) => void;
}

/** A stage in one row: its name, output shape, time, place in the waterfall, and a few of its feature maps. */
export function StageRow({ news, name, what, shape, time, total, before, stage, open }: Props) {
  const of = (ms: number) => (total > 0 ? (100 * ms) / total : 0);
  const left = Math.min(99.5, of(before ?? 0));
  const maps = stage?.output.length === 4 ? Math.min(4, stage.output[3] ?? 1) : 1;
  const inside = (
    <>
      <span class="what">
        <span class="name" title={name}>
          {name}
        </span>{' '}
        <span class="quiet">{what}</span>
      </span>
      <span class="shape" title={shape}>
        {shape}
      </span>
      <span class="time number">
        {time ? `${time.p50.toFixed(2)} / ${time.p95.toFixed(2)}` : '–'}
        <span class="quiet"> ms</span>
      </span>
      <span class="fall" aria-hidden="true">
        {time && before !== undefined && (
          <>
            <span class="p95" style={{ left: `${left}%`, width: `${Math.min(100 - left, of(time.p95))}%` }} />
            <span class="p50" style={{ left: `${left}%`, width: `${Math.max(0.5, of(time.p50))}%` }} />
          </>
        )}
      </span>
      {stage ? (
        <FeatureMaps news={news} stage={name} channels={Array.from({ length: maps }, (_, i) => i)} />
      ) : (
        <span class="maps" />
      )}
    </>
  );
  return (
    <li data-stage={name}>
      {stage ? (
        <button type="button" class="row" onClick={() => open(stage)} aria-haspopup="dialog">
          {inside}
        </button>
      ) : (
        <div class="row">{inside}</div>
      )}
    </li>
  );
}
