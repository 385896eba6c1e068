import type { Problem } from '../run/problem-of.ts';

/** A problem, and how to try again where that can help. */
export interface Shown extends Problem {
  readonly retry?: () => void;
}

interface Props {
  readonly problem: Shown | undefined;
  readonly notice: string | undefined;
  readonly dismiss: () => void;
}

/** An error with advice and what can be done about it, or a notice. */
export function Messages({ problem, notice, dismiss }: Props) {
  if (!problem && notice === undefined) return null;
  return (
    <div class={problem ? 'message problem' : 'message'} role={problem ? 'alert' : 'note'}>
      <div>
        {problem && <strong>{problem.title}</strong>}
        <p>{problem?.text ?? notice}</p>
      </div>
      <div class="answers">
        {problem?.remedy === 'reload' && (
          <button type="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        )}
        {problem?.remedy === 'retry' && problem.retry && (
          <button type="button" onClick={problem.retry}>
            Try again
          </button>
        )}
        <button type="button" onClick={dismiss}>
          Dismiss
        </button>
      </div>
    </div>
  );
}
