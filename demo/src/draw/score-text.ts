/** A score as text: a share in percent, and any other number, such as a logit, as it is. */
export function scoreText(score: number): string {
  return score >= 0 && score <= 1 ? `${(100 * score).toFixed(0)} %` : score.toFixed(1);
}
