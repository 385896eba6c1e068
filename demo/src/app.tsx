import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { Downloads } from './parts/downloads.tsx';
import { DropTarget } from './parts/drop-target.tsx';
import { Gate } from './parts/gate.tsx';
import { LargeModel } from './parts/large-model.tsx';
import { Masthead } from './parts/masthead.tsx';
import { Messages } from './parts/messages.tsx';
import { Scores } from './parts/scores.tsx';
import { Screen } from './parts/screen.tsx';
import { Settings } from './parts/settings.tsx';
import { SourceBar } from './parts/source-bar.tsx';
import { StageDialog } from './parts/stage-dialog.tsx';
import { Stages } from './parts/stages.tsx';
import { Status } from './parts/status.tsx';
import { Timeline } from './parts/timeline.tsx';
import { policiesFor, type Choice, type GateChoice } from './run/choice.ts';
import { checkUnpacked, isModel } from './run/files-of.ts';
import { isLarge, MODELS, type Bundled } from './run/models.ts';
import { problemOf, type Problem } from './run/problem-of.ts';
import type { StageFacts } from './run/stage-facts.ts';
import { useModel } from './run/use-model.ts';
import { useRun } from './run/use-run.ts';
import { RunLog } from './save/run-log.ts';

const FIRST: Choice = {
  source: 'sample',
  engine: 'auto',
  lines: 480,
  facing: 'user',
  asItPlays: true,
  again: true,
  offThread: false,
};

/** The page: it holds the settings and connects the run to the parts that show it. */
export function App() {
  const [choice, setChoice] = useState(FIRST);
  const [gate, setGate] = useState<GateChoice>({ policy: 'latest', maxInFlight: 1, slower: 0 });
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [notice, setNotice] = useState<string>();
  const [asking, setAsking] = useState<Bundled>();
  const [opened, setOpened] = useState<StageFacts>();
  const [everyMs, setEveryMs] = useState(100);
  const [onView, setOnView] = useState<ReadonlySet<string>>(new Set());

  const fail = useCallback((thrown: unknown) => {
    setProblem(problemOf(thrown));
    setRunning(false);
  }, []);
  const onEnd = useCallback((end?: { readonly thrown: unknown }) => (end ? fail(end.thrown) : setRunning(false)), []);
  const [{ model, bundled, loading }, { take: takeModel, takeFiles }] = useModel('mobilenet-v1', fail, setNotice);
  const view = useMemo(() => ({ stages: onView, opened: opened?.name, everyMs }), [onView, opened, everyMs]);
  const news = useRun({ running, model, choice, gate, view, onEnd });
  const log = useMemo(() => new RunLog(), []);
  useEffect(() => {
    const subscription = news.subscribe((one) => {
      log.take(one);
      if (one.type === 'warning') setNotice(one.message);
    });
    return () => subscription.unsubscribe();
  }, [news]);
  useEffect(() => setOpened(undefined), [model]);

  const clear = () => {
    setProblem(undefined);
    setNotice(undefined);
  };
  const choose = (more: Partial<Choice>) => {
    clear();
    const next = { ...choice, ...more };
    setChoice(next);
    const policies = policiesFor(next);
    // A source in real time can't wait. One that can wait does, until the user chooses another policy.
    if (!policies.includes(gate.policy) || more.asItPlays === false)
      setGate({ ...gate, policy: policies[0] ?? 'latest' });
    if (more.source !== undefined) setRunning(true);
  };
  const take = (files: readonly File[]) => {
    if (files.length === 0) return;
    clear();
    try {
      checkUnpacked(files);
    } catch (thrown) {
      return fail(thrown);
    }
    if (isModel(files)) takeFiles(files);
    else choose({ source: files });
  };
  const askFor = (name: string) => {
    clear();
    const wanted = MODELS.find((one) => one.name === name);
    if (wanted && isLarge(wanted)) setAsking(wanted);
    else takeModel(name);
  };

  return (
    <DropTarget take={take} onProblem={fail}>
      <Masthead />
      <main>
        <div class="see">
          <SourceBar
            {...{ running, take }}
            source={choice.source}
            choose={(source) => choose({ source })}
            setRunning={(on) => {
              clear();
              setRunning(on);
            }}
          />
          <Messages problem={problem} notice={notice} dismiss={clear} />
          <Screen {...{ news, running }} random={bundled?.trained === false} />
          <Status {...{ news, loading, running, choice }} />
          <Scores news={news} />
          <Timeline news={news} />
        </div>
        <div class="turn">
          <Settings {...{ choice, bundled, choose }} own={bundled ? undefined : model?.name} takeModel={askFor} />
          <Gate {...{ news, choice, gate, setGate }} />
        </div>
        {model && (
          <Stages
            {...{ news, model, everyMs, setEveryMs }}
            offThread={choice.offThread}
            open={setOpened}
            onView={setOnView}
          />
        )}
        <Downloads {...{ news, log, running }} onProblem={(thrown) => setProblem(problemOf(thrown))} />
      </main>
      {opened && <StageDialog news={news} stage={opened} onClose={() => setOpened(undefined)} />}
      {asking && (
        <LargeModel
          model={asking}
          onAnswer={(run) => {
            setAsking(undefined);
            if (run) takeModel(asking.name);
          }}
        />
      )}
    </DropTarget>
  );
}
