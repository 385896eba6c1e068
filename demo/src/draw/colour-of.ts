/** A label's colour, the same everywhere: dark enough for white text on it in the light and the dark theme. */
export function colourOf(label: string): string {
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3600;
  return `oklch(0.46 0.1 ${hash / 10})`;
}
