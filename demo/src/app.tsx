import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Drawing } from './board/drawing.ts';
import type { Line } from './line/line.ts';
import { Board } from './parts/board.tsx';
import { CrossingsCard } from './parts/crossings-card.tsx';
import { Downloads } from './parts/downloads.tsx';
import { DropTarget } from './parts/drop-target.tsx';
import { Gate } from './parts/gate.tsx';
import { LargeModel } from './parts/large-model.tsx';
import { later } from './parts/later.tsx';
import { Masthead } from './parts/masthead.tsx';
import { Messages, type Shown } from './parts/messages.tsx';
import { Scores } from './parts/scores.tsx';
import { Screen } from './parts/screen.tsx';
import { Settings } from './parts/settings.tsx';
import { SourceBar } from './parts/source-bar.tsx';
import { StageDialog } from './parts/stage-dialog.tsx';
import { Stages } from './parts/stages.tsx';
import { Status } from './parts/status.tsx';
import { TaskBar } from './parts/task-bar.tsx';
import { Timeline } from './parts/timeline.tsx';
import { Untrained } from './parts/untrained.tsx';
import { askedFor } from './run/asked-for.ts';
import { isLarge } from './run/bundled.ts';
import { isOffThread, policiesFor, type Choice, type GateChoice } from './run/choice.ts';
import { describeRest, sortFiles, type Sorted } from './run/files-of.ts';
import { DIGITS, modelsFor, MODELS } from './run/models.ts';
import { plainWords } from './run/plain-words.ts';
import { problemOf } from './run/problem-of.ts';
import { checkFiles } from './run/source-of.ts';
import type { StageFacts } from './run/stage-facts.ts';
import { useCard } from './run/use-card.ts';
import { useModel } from './run/use-model.ts';
import { taskNamed, type TaskName } from './run/tasks.ts';
import { useRun } from './run/use-run.ts';
import { RunLog } from './save/run-log.ts';

const BEGINNING = askedFor(location.search);
const FIRST: Choice = {
  source: 'sample',
  engine: BEGINNING.engine,
  lines: 480,
  facing: 'user',
  asItPlays: true,
  again: true,
  offThread: undefined,
};

const Teach = later(async () => (await import('./teach/teach-panel.tsx')).TeachPanel);
const Game = later(async () => (await import('./game/game-panel.tsx')).GamePanel);

/** The page: it holds the settings and connects the run to the parts that show it. */
export function App() {
  const [choice, setChoice] = useState(FIRST);
  const [gate, setGate] = useState<GateChoice>({ policy: 'latest', maxInFlight: 1, slower: 0 });
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Shown>();
  const [notice, setNotice] = useState(BEGINNING.notice);
  const [asking, setAsking] = useState(BEGINNING.large);
  const [wanted, setWanted] = useState(BEGINNING.task);
  const [line, setLine] = useState<Line>();
  const [opened, setOpened] = useState<StageFacts>();
  const [teaching, game] = [useCard(), useCard()];
  const [everyMs, setEveryMs] = useState(100);
  const [onView, setOnView] = useState<ReadonlySet<string>>(new Set());

  /** Shows what went wrong. What runs goes on. */
  const complain = useCallback((thrown: unknown, retry?: () => void) => {
    const again = retry && (() => (setProblem(undefined), retry()));
    setProblem({ ...problemOf(thrown), ...(again ? { retry: again } : {}) });
  }, []);
  const onEnd = useCallback((end?: { readonly thrown: unknown }) => {
    setRunning(false);
    if (end) complain(end.thrown, () => setRunning(true));
  }, []);
  const [loaded, { take: takeModel, takeFiles, retry }] = useModel(BEGINNING.model, complain, setNotice);
  const { model, bundled, own, loading } = loaded;
  const isEmpty = !model && !loading;
  // Until its model is there, the task is the one that was chosen.
  const task = model && !loading ? taskNamed(model.task.kind) : wanted;
  const hasLabels = bundled?.trained !== false && model?.task.hasCaptions !== false;
  // Nothing runs without a model.
  useEffect(() => {
    if (isEmpty) setRunning(false);
  }, [isEmpty]);
  const view = useMemo(() => ({ stages: onView, opened: opened?.name, everyMs }), [onView, opened, everyMs]);
  const drawing = choice.source instanceof Drawing ? choice.source : undefined;
  // What is drawn waits for the model that reads it; anything else goes on with the model from before.
  const news = useRun({ running, model: drawing && loading ? undefined : model, choice, gate, view, line, onEnd });
  const log = useMemo(() => new RunLog(), []);
  useEffect(() => {
    const subscription = news.subscribe((one) => {
      log.take(one);
      if (one.type === 'warning') setNotice(plainWords(one.message));
    });
    return () => subscription.unsubscribe();
  }, [news]);
  useEffect(() => setOpened(undefined), [model]);

  const clear = () => {
    setProblem(undefined);
    setNotice(undefined);
  };
  const start = () => {
    if (!isEmpty) return setRunning(true);
    const text = 'Try to load it again, or choose another one in the settings.';
    return setProblem({ title: 'No model is loaded', text, remedy: 'retry', retry: () => (clear(), retry()) });
  };
  /** Runs on a drawing. Another model than the one that reads digits is replaced. */
  const read = () => {
    setRunning(true);
    if (bundled?.name === DIGITS && !loading) return;
    setWanted('classification');
    takeModel(DIGITS);
    setNotice('The model is now LeNet-5, which reads handwritten digits.');
  };
  /** What is chosen by now: files are looked at before they are taken, and other choices may be made meanwhile. */
  const now = useRef({ choice, gate });
  now.current = { choice, gate };
  const choose = (more: Partial<Choice>) => {
    clear();
    const next = { ...now.current.choice, ...more };
    setChoice(next);
    const { gate } = (now.current = { ...now.current, choice: next });
    const policies = policiesFor(next);
    // A source in real time can't wait. One that can wait does, until the user chooses another policy.
    if (!policies.includes(gate.policy) || more.asItPlays === false)
      setGate({ ...gate, policy: policies[0] ?? 'latest' });
    if (more.source instanceof Drawing) read();
    else if (more.source !== undefined) start();
  };
  const latestFiles = useRef<readonly File[]>(undefined);
  const take = async (given: readonly File[]) => {
    clear();
    latestFiles.current = given;
    let sorted: Sorted;
    try {
      sorted = sortFiles(given);
      if (sorted.as === 'model') return takeFiles(sorted.files, task);
      // Before the source changes: files that can't be shown end no run.
      await checkFiles(sorted.files);
    } catch (thrown) {
      if (latestFiles.current === given) complain(thrown);
      return undefined;
    }
    if (latestFiles.current !== given) return undefined;
    choose({ source: sorted.files });
    return setNotice(describeRest(sorted));
  };
  const takeTask = (name: TaskName) => {
    clear();
    setWanted(name);
    const [usual] = modelsFor(name);
    if (!usual || task === name) return;
    // How the model of another task runs was not asked for.
    setChoice({ ...choice, offThread: undefined, source: drawing ? 'sample' : choice.source });
    takeModel(usual.name);
  };
  const askFor = (name: string) => {
    clear();
    const wanted = MODELS.find((one) => one.name === name);
    if (wanted && isLarge(wanted)) setAsking(wanted);
    else takeModel(name);
  };

  return (
    <DropTarget take={take} onProblem={complain}>
      <Masthead />
      <main>
        <div class="see">
          <TaskBar task={task} take={takeTask} />
          <SourceBar
            {...{ running, take }}
            source={choice.source}
            choose={(source) => {
              latestFiles.current = undefined;
              choose({ source });
            }}
            setRunning={(on) => {
              clear();
              if (on) start();
              else setRunning(false);
            }}
          />
          <Messages problem={problem} notice={notice} dismiss={clear} />
          {drawing ? (
            <Board {...{ news, drawing, running }} random={bundled?.trained === false} />
          ) : (
            <Screen
              {...{ news, running, isEmpty }}
              line={task === 'detection' ? line : undefined}
              changeLine={(change) => setLine((line) => line && change(line))}
              random={bundled?.trained === false}
            />
          )}
          <Status {...{ news, loaded, running, choice }} />
          {task === 'detection' && <CrossingsCard {...{ news, line, setLine }} />}
          {bundled?.trained === false && <Untrained {...{ news, model }} />}
          {hasLabels && <Scores news={news} />}
          {hasLabels && <Timeline news={news} />}
        </div>
        <div class="turn">
          {teaching.state && (
            <Teach
              {...{ news, running }}
              source={choice.source}
              use={(file) => (clear(), takeFiles([file], 'classification'))}
              hidden={teaching.state === 'closed'}
              onClose={teaching.close}
              onProblem={(thrown) => {
                teaching.remove();
                complain(thrown);
              }}
            />
          )}
          {game.state && (
            <Game
              hidden={game.state === 'closed'}
              onClose={game.close}
              onProblem={(thrown) => {
                game.remove();
                complain(thrown);
              }}
            />
          )}
          <Settings
            {...{ task, choice, loaded, choose }}
            takeModel={askFor}
            cards={{ teaching, game }}
            setRange={(range) => own && takeFiles(own.files, own.task, range)}
          />
          <Gate {...{ news, choice, gate, setGate }} />
        </div>
        {model && (
          <Stages
            {...{ news, model, everyMs, setEveryMs }}
            offThread={isOffThread(choice, model)}
            open={setOpened}
            onView={setOnView}
          />
        )}
        <Downloads {...{ news, log, running }} onProblem={complain} />
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
