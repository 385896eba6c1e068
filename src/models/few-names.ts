/**
 * @internal The first names of a list and how many more there are: `a, b, c and 4 more`. Each is cut to 60 characters.
 *
 * @example
 * console.log(fewNames(['a', 'b', 'c', 'd', 'e'])); // a, b, c and 2 more
 */
export function fewNames(names: readonly string[], most = 3): string {
  const more = names.length - most;
  const first = names.slice(0, most).map((name) => name.slice(0, 60));
  return first.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
