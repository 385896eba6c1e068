import type { Size } from '../../../frames/picture-view.ts';
import type { Shape } from '../../../stage/shape.ts';
import type { Candidates, Wanted } from '../candidates.ts';
import type { DetectionOutputs } from '../detection-outputs.ts';

/** An output that was read back from the device. */
export interface Output {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** The shapes of outputs, by name. The name of a single output is empty. */
export type Shapes = Readonly<Record<string, Shape>>;

/** How the outputs of a detector hold its boxes. */
export interface FoundHead {
  /** The names of the outputs that are read. */
  readonly names: readonly string[];
  /** How many classes the scores are of; undefined where the outputs hold numbers of classes. */
  readonly classes: number | undefined;
  /** Whether overlapping boxes were removed already. */
  readonly isSuppressed: boolean;
  /** Makes candidates of the outputs, which come in the order of `names`. */
  decode(outputs: readonly Output[], wanted: Wanted): Candidates;
}

/**
 * One head: undefined for outputs that it does not have. `labels` is the number of labels, if it is known. Without `settings.head`, it must
 * leave out what is plainly another head's; what may be of either, each takes.
 */
export type Head = (shapes: Shapes, settings: DetectionOutputs, labels: number | undefined) => FoundHead | undefined;

/** The size of a unit of coordinates in pixels of the network's input, across and down. */
export function unitOf(units: 'pixels' | 'relative', { width, height }: Size): readonly [number, number] {
  return units === 'pixels' ? [1, 1] : [width, height];
}

/** A number of an output; NaN where there is none. */
export function numberAt(output: Output | undefined, place: number): number {
  return output?.data[place] ?? NaN;
}

/** The one output as a matrix, if it is one. */
export function matrixIn(
  shapes: Shapes,
): { readonly name: string; readonly rows: number; readonly columns: number } | undefined {
  const [only, ...others] = Object.entries(shapes);
  if (!only || others.length > 0) return undefined;
  const [name, shape] = only;
  const [rows = 0, columns = 0] = shape.slice(-2);
  const isMatrix = shape.length === 2 || (shape.length === 3 && shape[0] === 1);
  return isMatrix && rows > 0 && columns > 0 ? { name, rows, columns } : undefined;
}
