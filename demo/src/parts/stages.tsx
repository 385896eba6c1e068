import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { AnyModel } from '../run/bundled.ts';
import type { News } from '../run/news.ts';
import { describeShape, stageFacts, type StageFacts } from '../run/stage-facts.ts';
import { useNews } from '../run/use-news.ts';
import { Methods } from './methods.tsx';
import { Select } from './select.tsx';
import { StageRow } from './stage-row.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly model: AnyModel;
  /** The model runs in a worker, so the outputs of its stages are not available here. */
  readonly offThread: boolean;
  /** The time in ms between two readings of an output; 0 reads nothing. */
  readonly everyMs: number;
  readonly setEveryMs: (ms: number) => void;
  readonly open: (stage: StageFacts) => void;
  /** Called with the names of the rows that are on the screen. */
  readonly onView: (stages: ReadonlySet<string>) => void;
}

const RATES = [
  ['100', 'ten a second'],
  ['500', 'two a second'],
  ['0', 'none (a little faster)'],
] as const;

/** The stages of the model in the order they run, with their output shapes, times and feature maps. */
export function Stages({ news, model, offThread, everyMs, setEveryMs, open, onView }: Props) {
  const times = useNews(news, 'timing')?.report.stages ?? [];
  const facts = useMemo(() => stageFacts(model), [model]);
  const readback = useMemo(() => model.task.reader(model.labels).name, [model]);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const seen = new Set<string>();
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const name = (target as HTMLElement).dataset['stage'] ?? '';
        if (isIntersecting) seen.add(name);
        else seen.delete(name);
      }
      onView(new Set(seen));
    });
    for (const row of list.current?.children ?? []) observer.observe(row);
    return () => observer.disconnect();
  }, [facts]);

  // On a GPU the readback waits for the stages: its time contains theirs.
  const waterfall = times.filter(({ stage }) => stage !== readback);
  const total = waterfall.reduce((sum, { p50 }) => sum + p50, 0);
  let before = 0;
  const rowOf = (name: string, what: string, shape: string, stage?: StageFacts) => {
    const time = times.find(({ stage }) => stage === name);
    const begin = name === readback ? undefined : before;
    const row = <StageRow key={name} {...{ news, name, what, shape, time, total, stage, open }} before={begin} />;
    before += time?.p50 ?? 0;
    return row;
  };
  const input = facts[0] ? describeShape(facts[0].input) : '';
  return (
    <section class="card stages" aria-labelledby="stages">
      <h2 id="stages">Stages</h2>
      <p class="quiet">
        {facts.length === 1
          ? 'Each frame passes through one stage: this model is a graph of TensorFlow.js, which runs as a whole. '
          : `Each frame passes through ${facts.length} stages, one after another. `}
        {offThread
          ? 'Their outputs stay in the worker: clear “off the main thread” to see them.'
          : 'The pictures show a stage’s output: brighter means a higher value. Select a stage to see all of its output.'}
      </p>
      {!offThread && (
        <div class="fields">
          <Select
            label="Pictures of the layers"
            value={`${everyMs}`}
            options={RATES}
            onChange={(ms) => setEveryMs(Number(ms))}
          />
        </div>
      )}
      <Methods stages={waterfall.filter(({ stage }) => stage !== 'preprocess')} total={total} />
      <div class="row heads" aria-hidden="true">
        <span>stage</span>
        <span>output</span>
        <span>median / p95</span>
        <span>share of the frame’s time</span>
        <span>output as pictures</span>
      </div>
      <ol ref={list}>
        {rowOf('preprocess', 'resizes the picture', input)}
        {facts.map((stage) => rowOf(stage.name, stage.op, describeShape(stage.output), stage))}
        {rowOf(readback, 'reads the output from the engine', 'result')}
      </ol>
    </section>
  );
}
