import type { Shape } from '../../shape.ts';
import type { Part } from '../../stage.ts';

/**
 * Cut between stages that can be part of a graph and others; where shapes are declared, each segment knows its own. A stage
 * from pictures to numbers goes with the graph after it, where that may take bytes.
 */
export function segmentsOf(parts: readonly Part[], takesPixels: boolean): Part[][] {
  const segments: Part[][] = [];
  let shape: Shape | undefined;
  const inGraph = (i: number): boolean => {
    const { portable, fromPixels } = parts[i]?.stage ?? {};
    return portable === true || (takesPixels && fromPixels !== undefined && parts[i + 1]?.stage.portable === true);
  };
  for (const [i, part] of parts.entries()) {
    shape = part.inputShape ?? shape;
    const begins = part.stage.fromPixels !== undefined && inGraph(i);
    if (i > 0 && !begins && inGraph(i) === inGraph(i - 1)) segments.at(-1)?.push(part);
    else segments.push([{ ...part, inputShape: shape }]);
    shape = shape && part.stage.outputShape(shape);
  }
  return segments;
}

/** Weights enough that they are read from memory, not from a cache, whenever they are used. */
const MANY = 1e6;
/** At one weight for so many multiply-accumulates of all stages, reading takes about a tenth of the time. */
const MACS_PER_WEIGHT = 200;

/**
 * Cuts stages in a row before the dense ones at their end, where those have so many weights that a batch is for their sake:
 * they are read once for all its frames, but the activations of convolutions are in a cache only while there are few.
 */
export function beforeDense(parts: readonly Part[]): readonly [Part[], Part[]] {
  let shape = parts.find(({ inputShape }) => inputShape !== undefined)?.inputShape;
  if (!shape) return [[...parts], []];
  let [cut, weights, macs]: [Part | undefined, number, number] = [undefined, 0, 0];
  for (const [i, part] of parts.entries()) {
    if (part.stage.fromPixels && i === 0) continue;
    const [own, work] = [part.stage.parameterCount(shape), part.stage.macs(shape)];
    macs += work;
    if (work > own) [cut, weights] = [undefined, 0];
    else if (own > 0) {
      cut ??= { ...part, inputShape: shape };
      weights += own;
    }
    shape = part.stage.outputShape(shape);
  }
  const at = parts.findIndex(({ name }) => name === cut?.name);
  if (!cut || at < 1 || weights < MANY || weights * MACS_PER_WEIGHT < macs) return [[...parts], []];
  return [parts.slice(0, at), [cut, ...parts.slice(at + 1)]];
}
