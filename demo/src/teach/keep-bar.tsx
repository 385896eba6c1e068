import { useEffect, useState } from 'preact/hooks';
import { problemOf, type Problem } from '../run/problem-of.ts';
import { saveFile } from '../save/save-file.ts';
import { forget, hasKept, keep, openKept, type Kept } from './kept.ts';
import type { Lesson, TaughtClass } from './lesson.ts';
import type { Taught } from './use-training.ts';

interface Props {
  readonly lesson: Lesson;
  readonly taught: Taught | undefined;
  /** Whether the model has learned the classes as they are. */
  readonly isCurrent: boolean;
  readonly open: (kept: Kept) => void;
  /** Classes are kept, or none are any more. */
  readonly onKept: (classes: readonly TaughtClass[] | undefined) => void;
  readonly onNotice: (text: string) => void;
  readonly onProblem: (problem: Problem) => void;
}

/** Downloads the model, and keeps it with its examples in this browser. */
export function KeepBar({ lesson, taught, isCurrent, open, onKept, onNotice, onProblem }: Props) {
  // Something is kept, even if it can't be read.
  const [some, setSome] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    void hasKept().then(setSome);
  }, []);
  const during = (title: string, work: Promise<string>) => {
    setBusy(true);
    const fail = (thrown: unknown) => onProblem({ ...problemOf(thrown), title, remedy: undefined });
    work.then(onNotice, fail).finally(() => setBusy(false));
  };
  return (
    <>
      <div class="answers">
        <button
          type="button"
          disabled={!taught}
          onClick={() => taught && saveFile('model.safetensors', new Blob([taught.file]))}
        >
          Download the model
        </button>
        <button
          type="button"
          disabled={busy || lesson.count === 0}
          onClick={() => {
            const { now: classes } = lesson;
            const work = keep({ classes, taught, isCurrent }).then(() => {
              setSome(true);
              onKept(classes);
              return `This browser keeps the classes${taught ? ', their examples and the model' : ' and their examples'}.`;
            });
            during('It can’t be kept', work);
          }}
        >
          Keep in this browser
        </button>
        {some && (
          <>
            <button
              type="button"
              disabled={busy}
              onClick={() =>
                during(
                  'It can’t be opened',
                  openKept().then((kept) => {
                    if (!kept) {
                      setSome(false);
                      return 'Nothing is kept any more.';
                    }
                    open(kept);
                    return `Opened what was kept on ${kept.at.toLocaleString()}.`;
                  }),
                )
              }
            >
              Open what is kept
            </button>
            <button
              type="button"
              disabled={busy}
              onClick={() =>
                during(
                  'It can’t be forgotten',
                  forget().then(() => {
                    setSome(false);
                    onKept(undefined);
                    return 'Nothing is kept any more.';
                  }),
                )
              }
            >
              Forget
            </button>
          </>
        )}
      </div>
      <p class="quiet">
        The file is for this page, which takes it as any model, and for Node:{' '}
        <code>sluice classify --model model.safetensors photo.jpg</code>
      </p>
    </>
  );
}
