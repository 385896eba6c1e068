import { useState } from 'preact/hooks';
import { filesOf } from '../run/files-of.ts';
import { examplesText } from './examples-text.ts';
import { holdHandlers } from './hold-handlers.ts';
import type { Lesson, TaughtClass } from './lesson.ts';
import { NameField } from './name-field.tsx';
import { Thumbnail } from './thumbnail.tsx';

interface Props {
  readonly lesson: Lesson;
  readonly one: TaughtClass;
  /** The number of the class, from 1. */
  readonly number: number;
  readonly isNew: boolean;
  readonly isCollecting: boolean;
  /** Files of this class are being read. */
  readonly isReading: boolean;
  /** The button is pressed once to start and once to stop, and need not be held. */
  readonly toggles: boolean;
  readonly start: () => void;
  readonly stop: () => void;
  readonly addFiles: (files: readonly File[]) => void;
  readonly stopReading: () => void;
  readonly onProblem: (thrown: unknown) => void;
  /** Something was removed, which can be brought back. */
  readonly onRemoved: (text: string) => void;
}

/** So many of the newest examples are shown. */
const SHOWN = 6;

/** One class: its name, its examples, and what adds and removes them. Files can be dropped on it. */
export function ClassRow(props: Props) {
  const { lesson, one, number, isNew, isCollecting, isReading, toggles, start, stop, addFiles, stopReading } = props;
  const { onProblem, onRemoved } = props;
  const { id, name, examples } = one;
  const [over, setOver] = useState(false);
  const handlers = toggles ? { onClick: isCollecting ? stop : start } : holdHandlers(start, stop);
  const verb = toggles ? (isCollecting ? 'Stop collecting' : 'Collect') : 'Hold to collect';
  return (
    <li
      class={over ? 'taught over' : 'taught'}
      aria-label={name}
      onDragOver={() => setOver(true)}
      onDragLeave={({ relatedTarget, currentTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        // The page does not take these files.
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) filesOf(event.dataTransfer).then(addFiles, onProblem);
      }}
    >
      <div class="together">
        <NameField {...{ lesson, one, number, isNew }} />
        <button
          type="button"
          class="small"
          aria-label={`Remove class ${name}`}
          title={lesson.now.length > 2 ? undefined : 'There are at least two classes.'}
          disabled={lesson.now.length <= 2}
          onClick={() => {
            stop();
            lesson.removeClass(id);
            onRemoved(`“${name}” with ${examplesText(examples.length)} is removed.`);
          }}
        >
          Remove class
        </button>
      </div>
      <div class="together">
        <button
          type="button"
          class={isCollecting ? 'hold on' : 'hold'}
          aria-label={`${verb}: ${name}`}
          aria-pressed={isCollecting}
          {...handlers}
        >
          {verb}
        </button>
        {isReading ? (
          <button type="button" aria-label={`Stop reading: ${name}`} onClick={stopReading}>
            Stop reading
          </button>
        ) : (
          <label class="file">
            <input
              type="file"
              multiple
              accept="image/*,video/*,.mkv"
              aria-label={`Add pictures or clips: ${name}`}
              onChange={({ currentTarget }) => {
                const files = [...(currentTarget.files ?? [])];
                currentTarget.value = '';
                if (files.length > 0) addFiles(files);
              }}
            />
            <span>Add pictures or clips …</span>
          </label>
        )}
      </div>
      <div class="together">
        <span class="thumbnails">
          {examples
            .slice(-SHOWN)
            .toReversed()
            .map((example) => (
              <Thumbnail key={example} example={example} />
            ))}
        </span>
        <span class="number count">{examplesText(examples.length)}</span>
        {examples.length > 0 && (
          <span class="answers">
            <button
              type="button"
              class="small"
              aria-label={`Remove last: ${name}`}
              onClick={() => {
                lesson.removeLast(id);
                onRemoved(`The last example of “${name}” is removed.`);
              }}
            >
              Remove last
            </button>
            <button
              type="button"
              class="small"
              aria-label={`Remove all: ${name}`}
              onClick={() => {
                lesson.removeAll(id);
                onRemoved(`${examplesText(examples.length)} of “${name}” removed.`);
              }}
            >
              Remove all
            </button>
          </span>
        )}
      </div>
    </li>
  );
}
