/** @internal The first items of a list and how many more there are: `a, b, c and 4 more`. */
export function few(items: readonly string[], most = 10): string {
  const more = items.length - most;
  return items.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/**
 * @internal As `few`, with each name cut to 60 characters.
 *
 * @example
 * console.log(fewNames(['a', 'b', 'c', 'd', 'e'])); // a, b, c and 2 more
 */
export function fewNames(names: readonly string[], most = 3): string {
  return few(
    names.map((name) => name.slice(0, 60)),
    most,
  );
}
