/** Rounding can take a softmax out of 0 to 1, or its sum away from 1, by as much. */
const TOLERANCE = 1e-3;

/**
 * Draws one of some probabilities, with a random number from 0 to under 1: its place. The probabilities p count as p^(1 / temperature). Throws `RangeError`
 * for numbers that are no probabilities.
 */
export function drawn(probabilities: readonly number[], temperature: number, random: number): number {
  const odd = probabilities.find((share) => share < -TOLERANCE || share > 1 + TOLERANCE);
  const whole = probabilities.reduce((sum, share) => sum + share, 0);
  if (odd !== undefined || Math.abs(whole - 1) > TOLERANCE * probabilities.length) {
    const what = odd === undefined ? `their sum is ${Number(whole.toPrecision(4))}` : `one is ${odd}`;
    throw new RangeError(
      `to draw an action, the scores must be probabilities, but ${what}: if they are logits, the task is act({ outputKind: 'logits' })`,
    );
  }
  // Relative to the highest, so that a low temperature leaves at least that one.
  const highest = Math.max(...probabilities);
  const powers = probabilities.map((share) => Math.max(0, share / highest) ** (1 / temperature));
  let left = random * powers.reduce((sum, power) => sum + power, 0);
  const place = powers.findIndex((power) => (left -= power) < 0);
  return place < 0 ? powers.findLastIndex((power) => power > 0) : place;
}
