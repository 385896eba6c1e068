import { now } from '../../frames/clock.ts';
import type { Frame } from '../../frames/frame.ts';
import type { Trace } from '../../frames/trace.ts';
import type { FromPixels } from '../../stage/pixels.ts';
import type { NamedStage } from '../../stage/stage.ts';
import type { FlatTensor } from './flat-tensor.ts';
import { PictureReader } from './picture-reader.ts';
import { TensorReader } from './tensor-reader.ts';

/** Reads what a merged graph takes from a frame: a tensor, or a picture if the first stage takes pictures. */
export class FrameReader {
  /** The stages that the graph consists of: all but the one that reads pictures. */
  readonly graphParts: readonly NamedStage[];
  readonly #pictures: PictureReader | undefined;
  readonly #tensors = new TensorReader();

  constructor(parts: readonly NamedStage[]) {
    const [first, ...others] = parts;
    this.#pictures = first && PictureReader.of(first);
    this.graphParts = this.#pictures ? others : parts;
  }

  /** How the graph makes numbers of a picture's bytes. Undefined if the graph takes tensors. */
  get pixels(): FromPixels | undefined {
    return this.#pictures?.pixels;
  }

  /** Returns the frame's data and its trace, to which the time of reading a picture is added. */
  read({ data, trace, label }: Frame<unknown>): readonly [FlatTensor, Trace | undefined] {
    if (!this.#pictures) return [this.#tensors.read(data, this.graphParts[0]?.name ?? ''), trace];
    const start = now();
    const picture = this.#pictures.read(data, label);
    const marks = [start, now()];
    if (trace?.closed) return [picture, trace];
    const asksDevice = trace?.asksDevice === true;
    const stages = [this.#pictures.name];
    return [picture, { stages, marks, method: 'synced-wall', pictures: 1, before: trace, asksDevice }];
  }
}
