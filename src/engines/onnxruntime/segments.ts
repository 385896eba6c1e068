import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';

/**
 * Cut between stages that can be part of a graph and others; where shapes are declared, each stage knows its own. A stage
 * from pictures to numbers goes with the graph after it, where that may take bytes.
 */
export function segmentsOf(parts: readonly NamedStage[], takesPixels: boolean): NamedStage[][] {
  const segments: NamedStage[][] = [];
  let shape: Shape | undefined;
  const inGraph = (i: number): boolean => {
    const { compilable, fromPixels } = parts[i]?.stage ?? {};
    return compilable === true || (takesPixels && fromPixels !== undefined && parts[i + 1]?.stage.compilable === true);
  };
  for (const [i, part] of parts.entries()) {
    shape = part.inputShape ?? shape;
    const begins = part.stage.fromPixels !== undefined && inGraph(i);
    const placed = { ...part, inputShape: shape };
    if (i > 0 && !begins && inGraph(i) === inGraph(i - 1)) segments.at(-1)?.push(placed);
    else segments.push([placed]);
    shape = shape && part.stage.outputShape(shape);
  }
  return segments;
}

/** Weights enough that they are read from memory, not from a cache, whenever they are used. */
const MANY = 1e6;
/** At one weight for so many multiply-accumulates of all stages, reading takes about a tenth of the time. */
const MACS_PER_WEIGHT = 200;

/**
 * Cuts a segment before the dense stages at its end, where those have so many weights that a batch is for their sake: they
 * are read once for all its frames, but the activations of convolutions are in a cache only while there are few.
 */
export function beforeDense(segment: readonly NamedStage[]): readonly [NamedStage[], NamedStage[]] {
  let [at, weights, macs] = [0, 0, 0];
  for (const [i, { stage, inputShape }] of segment.entries()) {
    if (stage.fromPixels) continue;
    if (!inputShape) return [[...segment], []];
    const [own, work] = [stage.parameterCount(inputShape), stage.macs(inputShape)];
    macs += work;
    if (work > own) [at, weights] = [0, 0];
    else if (own > 0) {
      if (weights === 0) at = i;
      weights += own;
    }
  }
  const pays = at > 0 && weights >= MANY && weights * MACS_PER_WEIGHT >= macs;
  return pays ? [segment.slice(0, at), segment.slice(at)] : [[...segment], []];
}
