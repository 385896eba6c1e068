/** The softmax of logits. Goodfellow et al. 2016, Deep Learning, section 4.1: without the maximum subtracted, eˣ overflows. */
export function softmaxOf(given: ArrayLike<number>): Float64Array {
  const logits = Float64Array.from(given);
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  // Infinity − Infinity is not a number: one infinite logit takes all.
  const powers = logits.map((logit) => (logit === highest ? 1 : Math.exp(logit - highest)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
