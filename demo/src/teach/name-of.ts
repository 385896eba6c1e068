/** A longer name is cut. */
const LONGEST = 40;

/** The name of a model that was taught these classes. */
export function nameOf(labels: readonly string[]): string {
  const text = labels.join(', ');
  return `taught: ${text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text}`;
}
