import type { NamedStage } from '../../stage/stage.ts';

/** From this many weights on, dense stages read their weights from memory on every run, because no cache holds them. */
const MANY_WEIGHTS = 1e6;
/** With one weight for this many multiply-accumulates of all stages, reading the weights takes about a tenth of the time. */
const MACS_PER_WEIGHT = 200;

/**
 * Splits a group before the dense stages at its end if they have so many weights that batching pays for them: a batch reads
 * the weights once for all its frames. Convolutions are better run frame by frame, because their activations then stay in
 * the cache. Returns the group and an empty list if there is nothing to split, or if the shapes are not declared.
 */
export function splitBeforeDense(group: readonly NamedStage[]): readonly [NamedStage[], NamedStage[]] {
  let [at, weights, macs] = [0, 0, 0];
  for (const [i, { stage, inputShape }] of group.entries()) {
    if (stage.fromPixels) continue;
    if (!inputShape) return [[...group], []];
    const [own, work] = [stage.parameterCount(inputShape), stage.macs(inputShape)];
    macs += work;
    if (work > own) [at, weights] = [0, 0];
    else if (own > 0) {
      if (weights === 0) at = i;
      weights += own;
    }
  }
  const pays = at > 0 && weights >= MANY_WEIGHTS && weights * MACS_PER_WEIGHT >= macs;
  return pays ? [group.slice(0, at), group.slice(at)] : [[...group], []];
}
