import { seedOf, shuffledOrder } from '../stage/random.ts';
import type { LabelledFile, LabelledFiles } from './labelled-files.ts';

/** Files to learn from, and others to measure with. */
export interface SplitFiles {
  readonly learned: readonly LabelledFile[];
  readonly heldOut: readonly LabelledFile[];
}

/**
 * Holds out the same share of the files of each class, drawn at random: at least one of each class that has more than one, never all. Whole files
 * are held out, so that no frame of a video is learned from where others of it measure. The seed decides which.
 */
export function splitFiles({ labels, files }: LabelledFiles, share: number, seed: number): SplitFiles {
  const held = new Set<LabelledFile>();
  labels.forEach((_label, target) => {
    const own = files.filter((file) => file.target === target);
    const most = share === 0 ? 0 : Math.min(own.length - 1, Math.max(1, Math.round(share * own.length)));
    // The seed of each class is its own, so that more files of one class change nothing for the others.
    const order = shuffledOrder(own.length, seedOf(seed, target));
    for (const place of order.subarray(0, Math.max(0, most))) held.add(own[place] as LabelledFile);
  });
  return { learned: files.filter((file) => !held.has(file)), heldOut: files.filter((file) => held.has(file)) };
}
