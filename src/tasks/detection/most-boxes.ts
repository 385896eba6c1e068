import type { Aggregator } from '../task.ts';
import type { DetectedBox, Detection } from './detected-box.ts';

/** Of each label the boxes of the frame with the most of them; of several such frames, of the one with the highest scores. */
export class MostBoxes implements Aggregator<Detection> {
  readonly #best = new Map<number, { readonly boxes: readonly DetectedBox[]; readonly sum: number }>();
  #picture: Detection['picture'] | undefined;

  add({ boxes, picture }: Detection): void {
    this.#picture ??= picture;
    for (const [index, own] of byClass(boxes)) {
      const sum = own.reduce((total, { score }) => total + score, 0);
      const best = this.#best.get(index);
      if (best && (best.boxes.length > own.length || (best.boxes.length === own.length && best.sum >= sum))) continue;
      this.#best.set(index, { boxes: own, sum });
    }
  }

  take(): Detection {
    const boxes = [...this.#best.values()].flatMap((best) => best.boxes).toSorted((a, b) => b.score - a.score);
    const picture = this.#picture ?? { width: 0, height: 0 };
    this.#best.clear();
    this.#picture = undefined;
    return { boxes, picture };
  }
}

/** The boxes of each class, in their order. */
export function byClass(boxes: readonly DetectedBox[]): Map<number, DetectedBox[]> {
  const all = new Map<number, DetectedBox[]>();
  for (const box of boxes) {
    const own = all.get(box.index);
    if (own) own.push(box);
    else all.set(box.index, [box]);
  }
  return all;
}
