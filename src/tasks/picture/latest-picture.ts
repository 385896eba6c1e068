import type { Aggregator } from '../task.ts';
import type { PaintedPicture } from './painted-picture.ts';

/** The picture of the last frame. A mean of moving pictures would show nothing. */
export class LatestPicture implements Aggregator<PaintedPicture> {
  #last: PaintedPicture | undefined;

  add(result: PaintedPicture): void {
    this.#last = result;
  }

  take(): PaintedPicture {
    const last = this.#last ?? { size: { width: 0, height: 0 } };
    this.#last = undefined;
    return last;
  }
}
