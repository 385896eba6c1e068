import type { Problem } from '../run/problem-of.ts';

interface Props {
  readonly problem: Problem | undefined;
  readonly notice: string | undefined;
  readonly dismiss: () => void;
}

/** An error with advice, or a notice. */
export function Messages({ problem, notice, dismiss }: Props) {
  if (!problem && notice === undefined) return null;
  return (
    <div class={problem ? 'message problem' : 'message'} role={problem ? 'alert' : 'note'}>
      <div>
        {problem && <strong>{problem.title}</strong>}
        <p>{problem?.text ?? notice}</p>
      </div>
      <button type="button" onClick={dismiss}>
        Dismiss
      </button>
    </div>
  );
}
