/** A number with at most so many decimals; null, which every format can express, for one that is not finite. */
export function rounded(value: number, decimals: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) : null;
}
