import { ShapeError } from '../errors/errors.ts';
import { describeShape, requireRank, type Shape } from './shape.ts';

/** What a slice takes, with one number for each dimension after the batch. */
export interface Part {
  readonly begin: readonly number[];
  /** −1: as many as there are. */
  readonly size: readonly number[];
  readonly strides: readonly number[];
}

/** The shape of a part of each picture; throws `ShapeError` where the picture has fewer values (ONNX `Slice`). */
export function slicedOutput(input: Shape, { begin, size, strides }: Part): Shape {
  requireRank(input, ['batch', ...begin.map(() => '…')]);
  const taken = begin.map((first, i) => {
    const [length, step, wanted] = [input[i + 1] ?? 0, strides[i] ?? 1, size[i] ?? -1];
    const most = step > 0 ? Math.ceil((length - first) / step) : Math.floor(first / -step) + 1;
    const count = wanted === -1 ? most : wanted;
    if (first < length && count <= most) return count;
    throw new ShapeError(
      `takes ${wanted === -1 ? 'all' : wanted} from ${first} in steps of ${step}, but dimension ${i + 1} of ${describeShape(input)} has ${length}`,
    );
  });
  return [input[0] ?? 0, ...taken];
}
