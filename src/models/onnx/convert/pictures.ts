import type { AnyStage } from '../../../stage/stage.ts';
import type { Shape } from '../../../stage/shape.ts';
import { unsupported, type Conversion } from '../conversion.ts';
import { tensorShape, type Value } from '../value.ts';

/** The order of a picture in sluice's layout: height, width, channels. */
const PICTURE = [2, 3, 1];

/**
 * @internal A value as pictures in sluice's layout, `[batch, height, width, channels]`. A signal, `[1, channels, length]`, becomes
 * a picture of one row.
 */
export function asPictures({ build }: Conversion, value: Value): Value {
  const { shape, order } = value;
  if (shape[0] !== 1) throw unsupported('an input whose first dimension is not the batch');
  if (shape.length === 4) return build.arrange(value, PICTURE);
  if (shape.length !== 3) throw unsupported(`an input of ${shape.length} dimensions`);
  const [batch = 1, channels = 1, length = 1] = shape;
  const row = { ...value, shape: [batch, channels, 1, length], order: order.map((d) => (d === 2 ? 3 : d)) };
  return build.arrange(row, PICTURE);
}

/** @internal Adds a stage from pictures to pictures. Signals come out as signals. */
export function throughPictures(conversion: Conversion, value: Value, stage: AnyStage, suffix = ''): Value {
  const picture = asPictures(conversion, value);
  const [, height = 1, width = 1, channels = 1] = stage.outputShape(tensorShape(picture));
  const shape: Shape = [picture.shape[0] ?? 1, channels, height, width];
  const made = conversion.build.stage(picture, stage, { shape, order: PICTURE }, suffix);
  return value.shape.length === 4 ? made : conversion.build.reshape(made, [shape[0] ?? 1, channels, width], 'signal');
}
