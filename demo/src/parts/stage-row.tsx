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
  /** Of all stages' medians: what the waterfall is as wide as. */
  readonly total: number;
  readonly before: number;
  /** What there is to open; the ends of the pipe are no stages of the network. */
  readonly stage: StageFacts | undefined;
  readonly open: (stage: StageFacts) => void;
}

/** A stage in one line: name, output, time, its place in the waterfall, a few of its maps. */
export function StageRow({ news, name, what, shape, time, total, before, stage, open }: Props) {
  const of = (ms: number) => (total > 0 ? (100 * ms) / total : 0);
  const left = Math.min(99.5, of(before));
  const maps = stage?.output.length === 4 ? Math.min(4, stage.output[3] ?? 1) : 1;
  const inside = (
    <>
      <span class="what">
        <span class="name">{name}</span> <span class="quiet">{what}</span>
      </span>
      <span class="shape">{shape}</span>
      <span class="time number">
        {time ? `${time.p50.toFixed(2)} / ${time.p95.toFixed(2)}` : '–'}
        <span class="quiet"> ms</span>
      </span>
      <span class="fall" aria-hidden="true">
        {time && name !== 'classify' && (
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
