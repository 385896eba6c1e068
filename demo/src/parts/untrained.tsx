import { useMemo } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { AnyModel } from '../run/bundled.ts';
import type { News } from '../run/news.ts';
import { describeShape, stageFacts } from '../run/stage-facts.ts';
import { useNews } from '../run/use-news.ts';
import { Facts, type Fact } from './facts.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly model: AnyModel | undefined;
}

const many = (count: number) => count.toLocaleString('en');
const ms = (time: number) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;

/** In place of the result of a model with random weights: what such a model does show, its shape, its time and its layers. */
export function Untrained({ news, model }: Props) {
  const times = useNews(news, 'timing')?.report.stages ?? [];
  const stages = useMemo(() => (model ? stageFacts(model) : []), [model]);
  const readback = useMemo(() => model?.task.reader(model.labels).name, [model]);
  // On a GPU the readback waits for the stages: its time contains theirs.
  const waited = times.find(({ stage }) => stage === readback)?.p50 ?? 0;
  const total = Math.max(waited, times.reduce((sum, { p50 }) => sum + p50, 0) - waited);
  const [slowest] = times
    .filter(({ stage }) => stages.some(({ name }) => name === stage))
    .toSorted((a, b) => b.p50 - a.p50);
  const sum = (of: 'parameters' | 'macs') => many(stages.reduce((all, stage) => all + stage[of], 0));
  const facts: readonly Fact[] = [
    ['takes', stages[0] ? describeShape(stages[0].input) : '–'],
    ['gives', `${stages.at(-1)?.output.at(-1) ?? '–'} scores`],
    ['layers', many(stages.length)],
    ['parameters', sum('parameters')],
    ['multiplications per frame', sum('macs')],
    ['time per frame', times.length > 0 ? ms(total) : '–'],
    ['slowest layer', slowest ? `${slowest.stage}, ${ms(slowest.p50)}` : '–'],
  ];
  return (
    <section class="card untrained" aria-labelledby="untrained">
      <h2 id="untrained">Untrained: no labels</h2>
      <p class="quiet">
        This model comes without weights. It runs with random ones, so its scores say nothing about the picture. It
        shows what a model of this shape costs, and how a picture goes through its layers.
      </p>
      <Facts facts={facts} />
    </section>
  );
}
