/** Rounds a number to at most `decimals` decimals. Returns null, which every format can express, for NaN and infinity. */
export function rounded(value: number, decimals: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) : null;
}

/** Rounds a number to at most `digits` significant digits. Returns null for NaN and infinity. */
export function significant(value: number, digits: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
}
