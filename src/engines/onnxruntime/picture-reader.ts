import type { FrameLabel } from '../../errors/frame-label.ts';
import { StageError } from '../../errors/errors.ts';
import type { FromPixels, Pixels } from '../../stage/pixels.ts';
import { shapeOf } from '../../stage/shapes-through.ts';
import type { NamedStage } from '../../stage/stage.ts';
import type { FlatTensor } from './flat-tensor.ts';

/**
 * A stage that turns pictures into numbers, such as `preprocess`, of which the graph does the second half. The reader
 * resizes the picture and hands over its bytes, a quarter of the size of the numbers; the graph converts and normalizes.
 */
export class PictureReader {
  readonly pixels: FromPixels;
  readonly #part: NamedStage;

  private constructor(part: NamedStage, pixels: FromPixels) {
    this.#part = part;
    this.pixels = pixels;
  }

  /** Returns undefined for a stage that does not take pictures. */
  static of(part: NamedStage): PictureReader | undefined {
    const { fromPixels } = part.stage;
    return fromPixels && new PictureReader(part, fromPixels);
  }

  get name(): string {
    return this.#part.name;
  }

  /** Returns the bytes of a picture at the size that the network takes. */
  read(data: unknown, label: FrameLabel): FlatTensor {
    const { name, stage } = this.#part;
    try {
      return { data: this.pixels.bytes(data as Pixels), shape: stage.outputShape(shapeOf(data, name)) };
    } catch (cause) {
      throw new StageError(name, label, cause);
    }
  }
}
