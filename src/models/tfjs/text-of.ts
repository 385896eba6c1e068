/** @internal A text of a file's JSON. Empty for anything else: an object with an own `toString` has no text at all. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
