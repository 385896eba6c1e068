import type { Caption } from 'sluice';
import { colourOf } from '../draw/colour-of.ts';
import { scoreText } from '../draw/score-text.ts';

interface Props {
  readonly best: Caption | undefined;
  /** The model has random weights: its results mean nothing. */
  readonly random: boolean;
}

/** A label with a lower score is shown as a guess. */
const UNSURE = 0.2;

/** The label of a picture and its score. It is announced when it changes. */
export function Label({ best, random }: Props) {
  if (best && random) return <span class="label unsure">Untrained: no labels</span>;
  const isUnsure = best !== undefined && best.score < UNSURE;
  return (
    <>
      <span class={isUnsure ? 'label unsure' : 'label'} aria-live="polite">
        {best?.label}
        {isUnsure && '?'}
      </span>
      {best && (
        <span class="certainty" style={{ background: colourOf(best.label) }}>
          {scoreText(best.score)}
        </span>
      )}
    </>
  );
}
