/** A label's colour, the same wherever it shows: dark enough for white words on it, light or dark the page. */
export function colourOf(label: string): string {
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3600;
  return `oklch(0.46 0.1 ${hash / 10})`;
}
