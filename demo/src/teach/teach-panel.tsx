import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import { Check } from '../parts/check.tsx';
import { ClosableCard } from '../parts/closable-card.tsx';
import { Messages, type Shown } from '../parts/messages.tsx';
import type { News } from '../run/news.ts';
import { problemOf } from '../run/problem-of.ts';
import { ClassRow } from './class-row.tsx';
import { examplesText } from './examples-text.ts';
import { KeepBar } from './keep-bar.tsx';
import { Lesson, type TaughtClass } from './lesson.ts';
import { describeRead, readFiles } from './read-files.ts';
import { Teacher } from './teacher.ts';
// eslint-disable-next-line import/no-unassigned-import -- Vite makes a stylesheet of it
import './teach.css';
import { resultText, TrainingView } from './training-view.tsx';
import { useCollecting } from './use-collecting.ts';
import { useLesson } from './use-lesson.ts';
import { useTraining, type Taught } from './use-training.ts';
import { useWarning } from './use-warning.ts';

export interface TeachProps {
  readonly news: Observable<News>;
  readonly running: boolean;
  /** Where frames come from: collecting ends when it changes. */
  readonly source: unknown;
  /** Uses a model that was taught. */
  readonly use: (file: File) => void;
  readonly hidden: boolean;
  readonly onClose: () => void;
}

/** The card in which people teach a model classes of their own. What it holds stays while it is closed. */
export function TeachPanel({ news, running, source, use, hidden, onClose }: TeachProps) {
  const lesson = useMemo(() => new Lesson(), []);
  const teacher = useMemo(() => new Teacher(), []);
  const classes = useLesson(lesson);
  const [toggles, setToggles] = useState(false);
  const [reading, setReading] = useState<number>();
  const [added, setAdded] = useState<number>();
  const [kept, setKept] = useState<readonly TaughtClass[]>();
  const [shown, setShown] = useState<{ readonly problem?: Shown; readonly notice?: string; readonly undo?: boolean }>();
  const [said, setSaid] = useState('');
  const abort = useRef(new AbortController());
  const heading = useRef<HTMLHeadingElement>(null);
  const undo = useRef<HTMLButtonElement>(null);

  const onNotice = (notice: string) => setShown({ notice });
  const onProblem = (thrown: unknown) => setShown({ problem: { ...problemOf(thrown), retry: restart } });
  const restart = () => {
    setShown(undefined);
    teacher.start().catch(onProblem);
  };
  const take = ({ file }: Taught) => use(new File([file], 'model.safetensors'));
  const [training, { start: train, cancel, open }] = useTraining(
    lesson,
    teacher,
    (taught) => {
      setSaid(`The training has ended. ${resultText(taught)}`);
      take(taught);
    },
    onProblem,
  );
  const { collecting, start, stop } = useCollecting({
    ...{ news, running, source, lesson, teacher, onNotice, onProblem },
    onEnd: (id) => {
      const one = lesson.now.find((each) => each.id === id);
      if (one) setSaid(`${one.name}: ${examplesText(one.examples.length)}`);
    },
  });
  useWarning(lesson.count > 0 && classes !== kept);
  // The worker gets ready while the classes are named.
  useEffect(() => {
    if (hidden) stop();
    else restart();
  }, [hidden]);
  // It ends with the card, when it has done what it was at.
  const isBusy = training.isRunning || reading !== undefined;
  useEffect(() => {
    if (hidden && !isBusy) teacher.close();
  }, [hidden, isBusy]);
  useEffect(() => () => teacher.close(), []);
  useEffect(() => {
    if (shown?.undo) undo.current?.focus();
  }, [shown]);

  const addFiles = async (id: number, files: readonly File[]) => {
    if (reading !== undefined) return onNotice('Files are being read. Wait until all of them are.');
    setShown(undefined);
    setReading(id);
    const { signal } = (abort.current = new AbortController());
    try {
      const read = await readFiles({ lesson, teacher, signal }, id, files);
      const text = describeRead(read, lesson.now.find((one) => one.id === id)?.name ?? '');
      if (read.wrong.length > 0 || read.isFull) onNotice(text);
      setSaid(text);
    } catch (thrown) {
      onProblem(thrown);
    }
    return setReading(undefined);
  };

  return (
    <ClosableCard name="teach" title="Teach it your classes" {...{ heading, hidden, onClose }}>
      <p class="quiet">
        Name what it should tell apart, collect twenty examples of each, and train. MobileNet v1 gives the features, and
        only its last layer learns. The examples stay in this page.
      </p>
      <ol>
        {classes.map((one, i) => (
          <ClassRow
            key={one.id}
            {...{ lesson, one, toggles, stop, onProblem }}
            number={i + 1}
            isNew={one.id === added}
            isCollecting={collecting === one.id}
            isReading={reading === one.id}
            start={() => {
              setShown(undefined);
              start(one.id);
            }}
            stopReading={() => abort.current.abort()}
            addFiles={(files) => void addFiles(one.id, files)}
            onRemoved={(notice) => setShown({ notice, undo: true })}
          />
        ))}
      </ol>
      {shown?.undo && lesson.canUndo ? (
        <div class="message" role="note">
          <p>{shown.notice}</p>
          <button
            type="button"
            ref={undo}
            onClick={() => {
              lesson.undo();
              setShown(undefined);
              heading.current?.focus();
            }}
          >
            Undo
          </button>
        </div>
      ) : (
        !shown?.undo && <Messages problem={shown?.problem} notice={shown?.notice} dismiss={() => setShown(undefined)} />
      )}
      <div class="together">
        <button type="button" onClick={() => setAdded(lesson.addClass())}>
          Add a class
        </button>
        <Check label="press once instead of holding" checked={toggles} onChange={(on) => (stop(), setToggles(on))} />
      </div>
      <TrainingView
        {...{ classes, training }}
        start={() => (setShown(undefined), train())}
        cancel={() => (cancel(), setSaid('The training was cancelled.'))}
      />
      <KeepBar
        {...{ lesson, onNotice }}
        taught={training.taught}
        isCurrent={training.from === classes}
        onKept={setKept}
        onProblem={(problem) => setShown({ problem })}
        open={(found) => {
          stop();
          lesson.open(found.classes);
          setKept(lesson.now);
          open(found.taught, found.isCurrent ? lesson.now : undefined);
          if (found.taught) take(found.taught);
        }}
      />
      <p class="spoken" aria-live="polite">
        {said}
      </p>
    </ClosableCard>
  );
}
