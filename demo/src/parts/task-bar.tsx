import { TASKS, type TaskName } from '../run/tasks.ts';

interface Props {
  readonly task: TaskName;
  readonly take: (task: TaskName) => void;
}

/** Buttons that choose what the page does with the pictures. */
export function TaskBar({ task, take }: Props) {
  return (
    <div class="source-bar tasks" role="group" aria-label="Task">
      {TASKS.map(([name, text]) => (
        <button key={name} type="button" class="pick" aria-pressed={task === name} onClick={() => take(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}
