import { useEffect, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import { POLICIES, policiesFor, type Choice, type GateChoice } from '../run/choice.ts';
import { gateHistory, type Moment } from '../run/gate-history.ts';
import type { News } from '../run/news.ts';
import { Account } from './account.tsx';
import { Chart } from './chart.tsx';
import { Select } from './select.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly choice: Choice;
  readonly gate: GateChoice;
  readonly setGate: (gate: GateChoice) => void;
}

/** The gate: its settings, the account of all frames, and charts of throughput and latency. */
export function Gate({ news, choice, gate, setGate }: Props) {
  const [history, setHistory] = useState<readonly Moment[]>([]);
  const [marks, setMarks] = useState<readonly number[]>([]);
  useEffect(() => {
    const subscription = gateHistory(news).subscribe(setHistory);
    subscription.add(
      news.subscribe(({ type }) => {
        if (type === 'begin') setMarks([]);
      }),
    );
    return () => subscription.unsubscribe();
  }, [news]);
  const move = (more: Partial<GateChoice>) => {
    setGate({ ...gate, ...more });
    setMarks((all) => [...all, history.at(-1)?.at ?? 0].slice(-20));
  };
  const policies = policiesFor(choice);
  const last = history.at(-1);
  const at = history.map((moment) => moment.at);
  return (
    <section class="card gate" aria-labelledby="gate">
      <h2 id="gate">The gate</h2>
      <p class="quiet">
        A camera delivers frames whether or not the model is ready. The gate decides which frames enter the pipeline, so
        that they don’t pile up. Add a delay or change the policy, and watch the effect.
      </p>
      <div class="fields">
        {policies.length > 1 && (
          <Select
            label="Policy"
            value={gate.policy}
            options={policies.map((name) => [name, POLICIES[name]] as const)}
            onChange={(policy) => move({ policy })}
          />
        )}
        <label class="field">
          <span>Frames in flight: {gate.maxInFlight}</span>
          <input
            type="range"
            min={1}
            max={8}
            value={gate.maxInFlight}
            onInput={({ currentTarget }) => move({ maxInFlight: currentTarget.valueAsNumber })}
          />
        </label>
        <label class="field">
          <span>Added delay: {gate.slower === 0 ? 'none' : `${gate.slower} ms`}</span>
          <input
            type="range"
            min={0}
            max={500}
            step={20}
            value={gate.slower}
            onInput={({ currentTarget }) => move({ slower: currentTarget.valueAsNumber })}
          />
        </label>
      </div>
      <Account news={news} />
      <Chart
        title="Frames per second"
        at={at}
        marks={marks}
        lines={[
          { name: 'arrived', colour: '--quiet', values: history.map(({ arrived }) => arrived) },
          { name: 'labelled', colour: '--accent', filled: true, values: history.map(({ labelled }) => labelled) },
          { name: 'dropped', colour: '--wrong', values: history.map(({ dropped }) => dropped) },
        ]}
        summary={`Frames per second in the last minute; now ${last?.arrived ?? 0} arrived, ${last?.labelled ?? 0} labelled, ${last?.dropped ?? 0} dropped`}
      />
      <Chart
        title="Latency from camera to label, ms"
        at={at}
        marks={marks}
        lines={[{ name: 'latency', colour: '--accent', filled: true, values: history.map(({ latency }) => latency) }]}
        summary={`Latency in the last minute; now ${last?.latency?.toFixed(0) ?? 'unknown'} milliseconds`}
      />
    </section>
  );
}
