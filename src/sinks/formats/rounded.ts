/** A number with so many decimals at most; null, which every format can say, for one that is not finite. */
export function rounded(value: number, decimals: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) : null;
}
