const LEVELS = 128;
/** What an empty last bin is taken to hold, so that few values beyond it may be cut off. ONNX Runtime smooths with the same number. */
const EMPTY = 1e-4;

/**
 * How many bins of a histogram of magnitudes, from 0 on, a range should hold: those whose distribution loses the least information when it is
 * rounded to so many levels (the Kullback–Leibler divergence). What lies beyond counts as being in the last bin of the range.
 *
 * S. Migacz, "8-bit Inference with TensorRT", GPU Technology Conference 2017; ONNX Runtime's quantizer has it as `entropy`.
 */
export function binsWithLeastLoss(counts: ArrayLike<number>, levels = LEVELS): number {
  let beyond = 0;
  let [best, least] = [counts.length, Infinity];
  // From the widest range on: of equal ones the wider is kept.
  for (let bins = counts.length; bins >= levels; bins--) {
    const loss = divergence(counts, bins, beyond, levels);
    if (loss < least) [best, least] = [bins, loss];
    beyond += counts[bins - 1] ?? 0;
  }
  return best;
}

/** The divergence of the first bins, with those beyond in the last one, from what rounding makes of the first bins alone. */
function divergence(counts: ArrayLike<number>, bins: number, beyond: number, levels: number): number {
  let within = 0;
  for (let i = 0; i < bins; i++) within += counts[i] ?? 0;
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor((level * bins) / levels), Math.floor(((level + 1) * bins) / levels)];
    let [rounded, filled] = [0, 0];
    for (let i = from; i < to; i++) {
      rounded += counts[i] ?? 0;
      if ((counts[i] ?? 0) > 0) filled++;
    }
    // Rounding cannot tell the bins of a level apart: it spreads their values over those that have some.
    const q = rounded / filled / within;
    for (let i = from; i < to; i++) {
      const p = ((counts[i] ?? 0) + (i === bins - 1 ? beyond : 0)) / (within + beyond);
      if (p === 0) continue;
      sum += p * Math.log(p / (counts[i] === 0 ? EMPTY : q));
    }
  }
  return sum;
}
