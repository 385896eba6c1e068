import { useEffect, useRef, useState } from 'preact/hooks';
import type { Lesson, TaughtClass } from './lesson.ts';

interface Props {
  readonly lesson: Lesson;
  readonly one: TaughtClass;
  /** The number of the class, from 1. */
  readonly number: number;
  /** Whether the field gets the focus when it appears. */
  readonly isNew: boolean;
}

/** The name of a class. A name that it can't have is explained, and the one before it stays. */
export function NameField({ lesson, one: { id, name }, number, isNew }: Props) {
  const [text, setText] = useState(name);
  const input = useRef<HTMLInputElement>(null);
  const refusal = text === name ? undefined : lesson.refusal(id, text);
  const why = `name-${id}-why`;
  useEffect(() => setText(name), [name]);
  useEffect(() => {
    if (isNew) input.current?.select();
  }, []);
  return (
    <div class="name-field">
      <input
        ref={input}
        type="text"
        aria-label={`Name of class ${number}`}
        aria-invalid={refusal !== undefined}
        aria-describedby={refusal === undefined ? undefined : why}
        maxLength={60}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          lesson.rename(id, currentTarget.value);
        }}
        onBlur={() => setText(name)}
      />
      {refusal !== undefined && (
        <p class="refusal" id={why} role="alert">
          {refusal}
        </p>
      )}
    </div>
  );
}
