import { useEffect, useRef, useState } from 'preact/hooks';
import type { Subscription } from 'rxjs';
import type { Lesson, TaughtClass } from './lesson.ts';
import type { Epoch } from './messages.ts';
import type { Teacher } from './teacher.ts';
import { trainingSet } from './training-set.ts';

/** A model that was taught, and how well it does. */
export interface Taught {
  /** A safetensors file. */
  readonly file: Uint8Array<ArrayBuffer>;
  readonly labels: readonly string[];
  /** How many of the examples it was measured with were right. */
  readonly right: number;
  readonly measured: number;
  /** Whether it was measured with examples that it did not learn from. */
  readonly isHeldOut: boolean;
}

/** The state of a training, and of the latest model. */
export interface Training {
  readonly isRunning: boolean;
  /** Those of the training that runs, or of the last one. */
  readonly epochs: readonly Epoch[];
  /** Whether that training holds examples out. */
  readonly holds: boolean;
  readonly taught: Taught | undefined;
  /** The classes that the model learned, as they were then. */
  readonly from: readonly TaughtClass[] | undefined;
}

const NONE: Training = { isRunning: false, epochs: [], holds: false, taught: undefined, from: undefined };

/** Trains models on a lesson: one at a time. */
export function useTraining(
  lesson: Lesson,
  teacher: Teacher,
  onTaught: (taught: Taught) => void,
  onProblem: (thrown: unknown) => void,
) {
  const [training, setTraining] = useState(NONE);
  const running = useRef<Subscription>(undefined);
  const end = () => {
    running.current?.unsubscribe();
    running.current = undefined;
    setTraining((now) => ({ ...now, isRunning: false }));
  };
  useEffect(() => () => running.current?.unsubscribe(), []);
  const start = () => {
    if (running.current) return;
    const from = lesson.now;
    const set = trainingSet(from);
    const { labels, heldOut, targets } = set;
    const measured = heldOut.length || targets.length;
    let last: Epoch | undefined;
    setTraining((now) => ({ ...now, isRunning: true, epochs: [], holds: heldOut.length > 0 }));
    const subscription = teacher.train(set).subscribe({
      next: (result) => {
        if (result.type === 'epoch') {
          last = result.epoch;
          setTraining((now) => ({ ...now, epochs: [...now.epochs, result.epoch] }));
        } else if (result.type === 'trained') {
          const right = Math.round((last?.held ?? last)!.accuracy * measured);
          const taught = { file: result.file, labels, right, measured, isHeldOut: heldOut.length > 0 };
          running.current = undefined;
          setTraining((now) => ({ ...now, isRunning: false, taught, from }));
          onTaught(taught);
        }
      },
      error: (thrown: unknown) => {
        end();
        onProblem(thrown);
      },
    });
    running.current = subscription;
  };
  return [
    training,
    {
      start,
      cancel: end,
      /** Takes a model that was kept. */
      open: (taught: Taught | undefined, from: readonly TaughtClass[] | undefined) => {
        end();
        setTraining({ ...NONE, taught, from });
      },
    },
  ] as const;
}
