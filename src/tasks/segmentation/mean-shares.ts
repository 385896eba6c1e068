import type { Aggregator } from '../task.ts';
import { encodeRuns } from './rle.ts';
import type { ChosenRegions } from './segmentation-options.ts';
import type { Region, Segmentation } from './segmented.ts';

interface Sum {
  readonly first: Region;
  area: number;
  share: number;
  /** The region in the frame in which it is the largest. */
  largest: Region | undefined;
}

/**
 * The mean area and share of each class over several frames; a class that a frame does not show counts as 0. The pixels are those of the
 * frame in which the class is the largest.
 */
export class MeanShares implements Aggregator<Segmentation> {
  readonly #chosen: Pick<ChosenRegions, 'minShare' | 'isWanted'>;
  readonly #sums = new Map<number, Sum>();
  #first: Segmentation | undefined;
  #unseen = 0;
  #results = 0;

  constructor(chosen: Pick<ChosenRegions, 'minShare' | 'isWanted'>) {
    this.#chosen = chosen;
  }

  add(result: Segmentation): void {
    this.#first ??= result;
    this.#results++;
    this.#unseen += result.unseen;
    const isAlike = isSameMap(result, this.#first);
    for (const region of result.regions) {
      const sum = this.#sums.get(region.index) ?? { first: region, area: 0, share: 0, largest: undefined };
      sum.area += region.area;
      sum.share += region.share;
      // Pixels of a picture of another size would not be those of the result.
      if (isAlike && region.area > (sum.largest?.area ?? 0)) sum.largest = region;
      this.#sums.set(region.index, sum);
    }
  }

  take(): Segmentation {
    const { form = 'classes', picture = { width: 0, height: 0 }, place } = this.#first ?? {};
    const { width, height } = place ?? picture;
    const results = Math.max(1, this.#results);
    const regions = [...this.#sums.values()]
      .map(({ first: { index, label }, area, share, largest }): Region => {
        const rle = largest?.rle ?? encodeRuns([], height, width);
        return { index, label, area: area / results, share: share / results, rle };
      })
      .filter(({ label, share }) => share >= this.#chosen.minShare && this.#chosen.isWanted(label))
      .toSorted((a, b) => b.share - a.share || a.index - b.index);
    const unseen = this.#unseen / results;
    this.#sums.clear();
    this.#first = undefined;
    this.#unseen = 0;
    this.#results = 0;
    return { form, regions, unseen, picture, ...(place ? { place } : {}) };
  }
}

function isSameMap(one: Segmentation, other: Segmentation): boolean {
  return JSON.stringify([one.picture, one.place]) === JSON.stringify([other.picture, other.place]);
}
