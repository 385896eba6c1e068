import { identity, type MonoTypeOperatorFunction } from 'rxjs';
import { track, type FrameResult, type Task } from 'sluice';

/** Boxes with a low score begin no track, but a track goes on with them. */
const LOW_SCORES = { minScore: 0.1 };

/** The options of `infer` for a task whose results are followed. */
export const optionsFor = ({ kind }: Task): object => (kind === 'detection' ? LOW_SCORES : {});

/** Gives each box the number of its object. Results of other tasks stay as they are. */
export function followed({ kind }: Task): MonoTypeOperatorFunction<FrameResult<object>> {
  if (kind !== 'detection') return identity;
  // The kind says that these are results of detection.
  return track({ highScore: 0.5, newScore: 0.5 }) as unknown as MonoTypeOperatorFunction<FrameResult<object>>;
}
