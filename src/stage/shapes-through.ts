import { describeValue } from '../errors/describe-value.ts';
import { ShapeError } from '../errors/errors.ts';
import { describeShape, sameButBatch, type Shape } from './shape.ts';
import type { NamedStage } from './stage.ts';

/** @internal The shapes before each stage and after the last one; throws `ShapeError` where a stage cannot take its input. */
export function shapesThrough(parts: readonly NamedStage[], input: Shape): Shape[] {
  let shape = input;
  const after = parts.map(({ name, stage, inputShape: declared }) => {
    if (declared && !sameButBatch(declared, shape)) {
      throw new ShapeError(`${name} is declared for ${describeShape(declared)}, but got ${describeShape(shape)}`, {
        stage: name,
      });
    }
    return (shape = stage.outputShape(shape));
  });
  return [input, ...after];
}

/** @internal The shapes of several outputs by name, or undefined where there is one. Throws `ShapeError` as `shapesThrough` does. */
export function outputShapesThrough(
  parts: readonly NamedStage[],
  input: Shape,
): Readonly<Record<string, Shape>> | undefined {
  return parts.at(-1)?.stage.outputShapes?.(shapesThrough(parts, input).at(-2) ?? input);
}

/** @internal Whether the data is a picture: `Pixels`, a `VideoFrame`, an `ImageBitmap`. */
export function isPicture(data: unknown): data is Readonly<Record<'width' | 'height', unknown>> {
  return typeof data === 'object' && data !== null && 'width' in data && 'height' in data;
}

/** @internal The shape of a tensor, or of a picture as a batch of one; throws `ShapeError` for anything else. */
export function shapeOf(data: unknown, stage: string): Shape {
  if (typeof data === 'object' && data !== null) {
    if ('shape' in data && Array.isArray(data.shape)) return data.shape as number[];
    if (isPicture(data)) {
      const channels = 'channels' in data ? data.channels : 4;
      return [1, data.height, data.width, channels] as number[];
    }
  }
  throw new ShapeError(`${stage} needs a tensor or a picture, but got ${describeValue(data)}`, { stage });
}
