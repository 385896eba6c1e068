import type { Classification } from '../classification/class-scores.ts';
import type { Detection } from '../detection/detected-box.ts';

/** The highest score of each label of a result. Throws `RangeError` for a result with neither classes nor boxes. */
export function scoresByLabel(result: Partial<Classification & Detection>): Map<string, number> {
  const { classes, boxes } = result;
  const all: readonly { readonly label: string; readonly score: number }[] | undefined = classes ?? boxes;
  if (!Array.isArray(all)) throw new RangeError('it needs results with classes or boxes');
  const scores = new Map<string, number>();
  for (const { label, score } of all) scores.set(label, Math.max(score, scores.get(label) ?? -Infinity));
  return scores;
}
