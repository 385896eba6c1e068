/** Formats a number with its noun: `1 file`, `1,200 files`. */
export function counted(value: number, noun: string): string {
  return `${whole(value)} ${value === 1 ? noun : `${noun}s`}`;
}

/** Formats a whole number: `1,200`. */
export function whole(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 });
}
