/** Counts numbers in `count` equal bins between the lowest and the highest. */
export function histogramOf(data: Float32Array, count = 40) {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
    sum += value;
  }
  const bins = new Array<number>(count).fill(0);
  const scale = most > least ? count / (most - least) : 0;
  for (const value of data) {
    const bin = Math.min(count - 1, Math.floor((value - least) * scale));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return { bins, least, most, mean: sum / data.length };
}
