import type { Tensor } from '@tensorflow/tfjs-core';
import type { Observable, OperatorFunction } from 'rxjs';
import { messageOf, OptionError, ShapeError } from '../../errors/errors.ts';
import { inOrder } from '../../flow/operators/in-order.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Size } from '../../frames/picture-view.ts';
import { resizeKey, type ResizeOptions } from '../../preprocess/fit.ts';
import { preprocess } from '../../preprocess/preprocess.ts';
import { chain } from '../../run/chain.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import { outputShapesThrough, shapesThrough } from '../../stage/shapes-through.ts';
import { checkShapes } from '../../tasks/read-outputs.ts';
import type { PaintedPicture } from '../../tasks/picture/painted-picture.ts';
import { formOf } from '../../tasks/picture/picture-form.ts';
import { checkOutputs, type PictureOutputs } from '../../tasks/picture/picture-outputs.ts';
import { readColours } from '../../tasks/picture/read-colours.ts';
import type { Scale } from '../../tasks/picture/tiles.ts';
import type { Model } from '../model.ts';
import type { checkedTile } from './repaint-options.ts';

/** A model as it paints tiles of one size. */
export interface Painter {
  readonly tile: ReturnType<typeof checkedTile>;
  /** What a tile is marked with, so that it is not resized. */
  readonly resized: string;
  readonly across: Scale;
  readonly down: Scale;
  /** A tile → its colours, interleaved, 0 to 255, which are not rounded. */
  readonly network: OperatorFunction<Frame<Pixels>, Float32Array>;
}

/** Makes a model paint tiles. Throws `OptionError` for one that can't take them, or whose output is not the whole tile. */
export function painterOf(model: Model<PaintedPicture, object>, tile: Painter['tile']): Painter {
  const { width, height } = tile;
  const { parts } = model.pipeline;
  const own: ResizeOptions = { width, height, fit: 'fill', centralFraction: 1, resizeMethod: 'area' };
  const prepared = preprocess({ ...model.preprocess, ...own });
  const inputShape = prepared.outputShape([1, height, width, 3]);
  const [first, ...others] = parts;
  // The model may be declared for another size, though it can take this one.
  const net = first ? [{ ...first, inputShape }, ...others] : [];
  const { kind: _kind, ...spec } = model.task.spec;
  const settings = checkOutputs(spec as unknown as PictureOutputs);
  const reader = model.task.reader(model.labels);
  let shape: Shape;
  try {
    shape = shapesThrough(net, inputShape).at(-1) ?? inputShape;
    checkShapes(reader, outputShapesThrough(net, inputShape), shape);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new OptionError(
      `repaint: ${model.name} can't paint tiles of ${width} × ${height} pixels: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const form = formOf(shape, settings);
  const read = async ({ data }: Frame<Tensor>): Promise<Float32Array> => {
    const { width: wide, height: high } = formOf(data.shape, settings);
    if (wide !== form.width || high !== form.height) {
      throw new RangeError(`its output is ${describeShape(data.shape)}, but it was to be ${describeShape(shape)}`);
    }
    return readColours(await data.data(), form, settings);
  };
  return {
    tile,
    resized: resizeKey(own),
    across: scaleOf(model.name, 'width', width, form.width),
    down: scaleOf(model.name, 'height', height, form.height),
    network: (tiles: Observable<Frame<Pixels>>) =>
      chain<Tensor>(tiles.pipe(prepared), net).pipe(inOrder(1, read, { name: reader.name })),
  };
}

/** How much larger or smaller the output is. Throws `OptionError` for a factor that is neither a whole number nor one divided by it. */
function scaleOf(name: string, side: keyof Size, before: number, after: number): Scale {
  if (after % before === 0) return { up: after / before, down: 1 };
  if (before % after === 0) return { up: 1, down: before / after };
  throw new OptionError(
    `repaint: ${name} makes a ${side} of ${after} of ${before} pixels. The factor must be a whole number, or one divided by a whole number: a network without padding gives less than it was given, which can't be placed`,
  );
}
