/** How often each value, 0–255, occurs. */
export function countsOf(values: Uint8Array): Int32Array {
  const counts = new Int32Array(256);
  for (let i = 0; i < values.length; i++) counts[values[i] as number] = (counts[values[i] as number] as number) + 1;
  return counts;
}

/** The lowest value that this share of the values does not exceed; 0 if there are none. Values are 0–255. */
export function quantile(values: Uint8Array, share: number): number {
  const counts = countsOf(values);
  let [found, below] = [0, counts[0] as number];
  while (below < values.length * share) below += counts[++found] as number;
  return found;
}
