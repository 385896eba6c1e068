/** A class with the score that the model gave it. */
export interface ClassScore {
  readonly index: number;
  /** The class's name, or `class 7` without labels. */
  readonly label: string;
  readonly score: number;
}

/** The `top` highest scores of at least `minScore`, best first. Equal scores are ordered by index. */
export function topClasses(
  scores: ArrayLike<number>,
  labels: readonly string[] | undefined,
  top: number,
  minScore: number,
): ClassScore[] {
  const best: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] ?? NaN;
    if (Number.isNaN(score)) throw new RangeError(`the score of class ${index} is not a number`);
    if (score < minScore || (best.length === top && score <= (scores[best[top - 1] ?? 0] ?? 0))) continue;
    let place = best.length;
    while (place > 0 && score > (scores[best[place - 1] ?? 0] ?? 0)) place--;
    best.splice(place, 0, index);
    if (best.length > top) best.pop();
  }
  return best.map((index) => ({ index, label: labels?.[index] ?? `class ${index}`, score: scores[index] ?? 0 }));
}
