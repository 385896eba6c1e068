import { describeShape } from '../../../stage/shape.ts';
import type { AnyStage } from '../../../stage/stage.ts';
import { unsupported } from '../../onnx/conversion.ts';
import { tensorShape, type Value } from '../../onnx/value.ts';
import type { Conversion } from '../conversion.ts';

/** The order of a picture, `[1, height, width, channels]`. */
const PICTURE = [1, 2, 3];

/** @internal A value as pictures, `[batch, height, width, channels]`. */
export function asPictures({ build }: Conversion, value: Value): Value {
  const { shape } = value;
  if (shape.length === 4 && shape[0] === 1) return build.arrange(value, PICTURE);
  throw unsupported(`an input of ${describeShape(shape)}, which is no picture,`);
}

/** @internal Adds a stage from pictures to pictures. */
export function throughPictures(conversion: Conversion, value: Value, stage: AnyStage, suffix = ''): Value {
  const picture = asPictures(conversion, value);
  const [, height = 1, width = 1, channels = 1] = stage.outputShape(tensorShape(picture));
  return conversion.build.stage(picture, stage, { shape: [1, height, width, channels], order: PICTURE }, suffix);
}

/** The dimensions of a picture in ONNX's order. */
const [FIRST, LAST] = [
  [0, 3, 1, 2],
  [0, 2, 3, 1],
];

/** @internal The picture with its dimensions in ONNX's order, channels first: they are renamed, and nothing is moved. */
export function channelsFirst(value: Value): Value {
  if (value.shape.length !== 4) throw unsupported(`an input of ${describeShape(value.shape)}, which is no picture,`);
  return renamed(value, FIRST);
}

/** @internal The picture with its dimensions in TFLite's order again. */
export function channelsLast(value: Value): Value {
  return renamed(value, LAST);
}

function renamed(value: Value, order: readonly number[]): Value {
  return {
    ...value,
    shape: order.map((dimension) => value.shape[dimension] ?? 1),
    order: value.order.map((dimension) => order.indexOf(dimension)),
  };
}
