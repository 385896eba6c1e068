import type { FrameLabel } from '../../errors/frame-label.ts';
import { StageError } from '../../errors/errors.ts';
import type { FromPixels, Pixels } from '../../stage/pixels.ts';
import type { Part } from '../../stage/stage.ts';
import type { Values } from './graph-session.ts';
import { shapeOf } from '../../stage/shapes-through.ts';

/**
 * A stage from pictures to numbers, of which the graph after it does the second half: bytes are a quarter of what the
 * numbers are, and need not be made, handed over and read back.
 */
export class PictureReader {
  readonly pixels: FromPixels;
  readonly #part: Part;

  private constructor(part: Part, pixels: FromPixels) {
    this.#part = part;
    this.pixels = pixels;
  }

  /** Undefined for any other stage. */
  static of(part: Part): PictureReader | undefined {
    const { fromPixels } = part.stage;
    return fromPixels && new PictureReader(part, fromPixels);
  }

  get name(): string {
    return this.#part.name;
  }

  /** A picture's bytes, brought to the network's size. */
  read(data: unknown, label: FrameLabel): Values {
    const { name, stage } = this.#part;
    try {
      return { data: this.pixels.bytes(data as Pixels), shape: stage.outputShape(shapeOf(data, name)) };
    } catch (cause) {
      throw new StageError(name, label, cause);
    }
  }
}
