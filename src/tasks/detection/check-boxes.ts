import { describeValue } from '../../errors/describe-value.ts';
import type { DetectedBox } from './detected-box.ts';

/** A box of a track. */
export interface TrackedBox extends DetectedBox {
  readonly trackId: number;
}

/** Returns the boxes of a result. Throws `RangeError` for a result without boxes, and for a number of a box that is not finite. */
export function checkedBoxes(result: { readonly boxes: readonly DetectedBox[] }): readonly DetectedBox[] {
  const { boxes } = result;
  if (!Array.isArray(boxes)) {
    throw new RangeError(`it needs the boxes of detection(), but its result has ${describeValue(boxes)} as boxes`);
  }
  for (const [i, box] of boxes.entries()) {
    for (const name of ['x', 'y', 'width', 'height', 'score'] as const) {
      if (Number.isFinite(box[name])) continue;
      throw new RangeError(`box ${i} (${box.label}) has the ${name} ${describeValue(box[name])}, not a finite number`);
    }
  }
  return boxes;
}

/** Returns the boxes of a result. Throws `RangeError` also for a box without the number of a track. */
export function checkedTracks(result: { readonly boxes: readonly DetectedBox[] }): readonly TrackedBox[] {
  const boxes = checkedBoxes(result);
  const place = boxes.findIndex(({ trackId }) => !Number.isSafeInteger(trackId));
  if (place < 0) return boxes as readonly TrackedBox[];
  const { label, trackId } = boxes[place] as DetectedBox;
  throw new RangeError(`box ${place} (${label}) has the trackId ${describeValue(trackId)}: use track() before`);
}
