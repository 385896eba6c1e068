import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { Model } from 'sluice';
import type { News } from '../run/news.ts';
import { describeShape, stageFacts, type StageFacts } from '../run/stage-facts.ts';
import { useNews } from '../run/use-news.ts';
import { Methods } from './methods.tsx';
import { Select } from './select.tsx';
import { StageRow } from './stage-row.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly network: Model;
  /** Then what its stages answer stays there. */
  readonly offThread: boolean;
  /** How often one of them is read back, in ms; 0: never. */
  readonly everyMs: number;
  readonly setEveryMs: (ms: number) => void;
  readonly open: (stage: StageFacts) => void;
  /** Told which stages can be seen on the screen. */
  readonly onView: (stages: ReadonlySet<string>) => void;
}

const RATES = [
  ['100', 'ten a second'],
  ['500', 'two a second'],
  ['0', 'none: it runs a little faster'],
] as const;

/** The pipeline as it runs: stage after stage, with what each gives, what it takes, and what it sees. */
export function Stages({ news, network, offThread, everyMs, setEveryMs, open, onView }: Props) {
  const times = useNews(news, 'timing')?.report.stages ?? [];
  const facts = useMemo(() => stageFacts(network), [network]);
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

  // On a GPU, `classify` waits for all that was handed over: its time holds theirs.
  const total = times.reduce((sum, { stage, p50 }) => sum + (stage === 'classify' ? 0 : p50), 0);
  let before = 0;
  const rowOf = (name: string, what: string, shape: string, stage?: StageFacts) => {
    const time = times.find(({ stage }) => stage === name);
    const row = <StageRow key={name} {...{ news, name, what, shape, time, total, before, stage, open }} />;
    before += time?.p50 ?? 0;
    return row;
  };
  const input = facts[0] ? describeShape(facts[0].input) : '';
  return (
    <section class="card stages" aria-labelledby="stages">
      <h2 id="stages">The pipeline as it runs</h2>
      <p class="quiet">
        Each frame goes through {facts.length} stages, one after another.{' '}
        {offThread
          ? 'What they answer stays on the other thread: switch “off the main thread” off to see it.'
          : 'The pictures are what a stage answers, bright where it found what it looks for. Choose one to see all of it.'}
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
      <Methods stages={times} total={total} />
      <div class="row heads" aria-hidden="true">
        <span>stage</span>
        <span>gives</span>
        <span>median / 95 % within</span>
        <span>when, within the frame’s time</span>
        <span>what it answers</span>
      </div>
      <ol ref={list}>
        {rowOf('preprocess', 'the picture, brought to size', input)}
        {facts.map((stage) => rowOf(stage.name, stage.op, describeShape(stage.output), stage))}
        {rowOf('classify', 'waits for the scores, names the best', 'labels')}
      </ol>
    </section>
  );
}
