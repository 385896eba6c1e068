import { Chart } from '../parts/chart.tsx';
import type { TaughtClass } from './lesson.ts';
import { HELD_OUT, withExamples } from './training-set.ts';
import type { Taught, Training } from './use-training.ts';

interface Props {
  readonly classes: readonly TaughtClass[];
  readonly training: Training;
  readonly start: () => void;
  readonly cancel: () => void;
}

/** How well a model does, in words. */
export function resultText({ right, measured, isHeldOut }: Taught): string {
  return isHeldOut
    ? `Right on ${right} of ${measured} held-out examples.`
    : `Right on ${right} of the ${measured} examples that it learned from.`;
}

/** The button that trains, the loss while it falls, and the result. */
export function TrainingView({ classes, training, start, cancel }: Props) {
  const { isRunning, epochs, holds, taught, from } = training;
  const ready = withExamples(classes);
  const empty = classes.filter(({ examples }) => examples.length === 0);
  const willHold = ready.every(({ examples }) => examples.length >= HELD_OUT);
  const last = epochs.at(-1);
  return (
    <>
      <div class="together">
        {isRunning ? (
          <button
            type="button"
            class="train"
            // The second click of a double click is for the button that was here before.
            onClick={({ detail }) => {
              if (detail < 2) cancel();
            }}
          >
            Cancel
          </button>
        ) : (
          <button type="button" class="main train" disabled={ready.length < 2} onClick={start}>
            Train
          </button>
        )}
        <p class="quiet">
          {isRunning
            ? last
              ? `Round ${last.epoch} of ${last.of}`
              : 'Starting …'
            : ready.length < 2
              ? 'Give at least two classes examples.'
              : willHold
                ? 'One example in five is held out, to measure with.'
                : 'With five examples of each class, one in five is held out, to measure with.'}
          {!isRunning &&
            ready.length >= 2 &&
            empty.length > 0 &&
            ` Left out, because there are no examples: ${empty.map(({ name }) => name).join(', ')}.`}
        </p>
      </div>
      {(isRunning || epochs.length > 0) && (
        <Chart
          key={holds}
          title="Loss after each round"
          unit="rounds"
          at={epochs.map(({ epoch }) => epoch)}
          lines={[
            { name: 'learned', colour: '--accent', values: epochs.map(({ loss }) => loss) },
            ...(holds
              ? [{ name: 'held out', colour: '--flying', values: epochs.map((one) => one.held?.loss ?? null) }]
              : []),
          ]}
          marks={[]}
          summary={
            last ? `Loss after ${last.epoch} rounds: ${last.loss.toFixed(3)}` : 'Loss: the training has not begun'
          }
        />
      )}
      {taught && !isRunning && (
        <p>
          <strong>{resultText(taught)}</strong>{' '}
          {from !== classes && 'The classes have changed since: train again to use the changes.'}
        </p>
      )}
    </>
  );
}
