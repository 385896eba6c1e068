import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { BehaviorSubject } from 'rxjs';
import {
  importModel,
  type Classification,
  type Engine,
  type LedgerCounts,
  type Network,
  type Pixels,
  type TimingReport,
} from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { policiesFor, type Choice, type GateChoice } from './choice.ts';
import { live } from './live.ts';
import { Controls } from './parts/controls.tsx';
import { Gate } from './parts/gate.tsx';
import { Picture } from './parts/picture.tsx';
import { Scores } from './parts/scores.tsx';
import { Stages } from './parts/stages.tsx';

/** What is there to see. */
interface Seen {
  readonly engine?: Engine;
  readonly result?: Classification;
  readonly report?: TimingReport;
  readonly counts?: LedgerCounts;
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown));

export function App() {
  const [network, setNetwork] = useState<Network>();
  const [choice, setChoice] = useState<Choice>({ source: 'sample', engine: 'auto' });
  const [gate, setGate] = useState<GateChoice>({ policy: 'wait', maxInFlight: 2 });
  const [running, setRunning] = useState(false);
  const [seen, setSeen] = useState<Seen>({});
  const [problem, setProblem] = useState<string>();
  const [picture] = useState(() => new BehaviorSubject<Pixels | undefined>(undefined));
  const changes = useMemo(() => new BehaviorSubject(gate), []);
  const next = useRef<Seen>({});

  useEffect(() => changes.next(gate), [gate]);
  useEffect(() => {
    mobilenetV1().then(setNetwork, (thrown: unknown) => setProblem(messageOf(thrown)));
  }, []);

  useEffect(() => {
    if (!running || !network) return undefined;
    next.current = {};
    setProblem(undefined);
    // The page is drawn at its own rate, whatever the frames'.
    let request = requestAnimationFrame(function draw() {
      setSeen(next.current);
      request = requestAnimationFrame(draw);
    });
    const subscription = live(choice, network, changes).subscribe({
      next: (news) => {
        if (news.type === 'picture') picture.next(news.picture);
        else next.current = { ...next.current, ...news };
      },
      error: (thrown: unknown) => {
        setProblem(messageOf(thrown));
        setRunning(false);
      },
      complete: () => {
        setSeen(next.current);
        setRunning(false);
      },
    });
    return () => {
      cancelAnimationFrame(request);
      subscription.unsubscribe();
    };
  }, [running, network, choice]);

  const choose = useCallback((more: Partial<Choice>) => {
    setChoice((now) => ({ ...now, ...more }));
    if (more.source === undefined) return;
    const [policy = 'latest'] = policiesFor(more.source);
    setGate({ policy, maxInFlight: policy === 'wait' ? 2 : 1 });
    setRunning(true);
  }, []);

  const take = useCallback((files: readonly File[]) => {
    const isModel = files.some(({ name }) => name.endsWith('.json') || name.endsWith('.safetensors'));
    if (!isModel) choose({ source: files });
    else
      importModel(files, { onWarning: setProblem }).then(setNetwork, (thrown: unknown) =>
        setProblem(messageOf(thrown)),
      );
  }, []);

  return (
    <main
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <header>
        <h1>sluice</h1>
        <p>Frames flow through a network, behind a gate. Nothing leaves this page.</p>
      </header>
      <Controls {...{ choice, gate, running, ready: network !== undefined, choose, setGate, setRunning, take }} />
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="columns">
        <section aria-label="What is seen">
          <Picture picture={picture} />
          <Scores result={seen.result} />
        </section>
        <section aria-label="How it runs">
          <Gate counts={seen.counts} latency={seen.report?.latency} engine={seen.engine} />
          <Stages network={network} report={seen.report} />
        </section>
      </div>
    </main>
  );
}
