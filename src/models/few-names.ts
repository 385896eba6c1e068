/**
 * @internal The first names of a list and how many more there are: `a, b, c and 4 more`. Names of files are cut to 60 characters.
 *
 * @example
 * console.log(fewNames(['a', 'b', 'c', 'd', 'e'])); // a, b, c and 2 more
 */
export function fewNames(names: readonly string[], most = 3): string {
  const first = names.slice(0, most).map((name) => (name.length > 60 ? `${name.slice(0, 59)}…` : name));
  return first.join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');
}
