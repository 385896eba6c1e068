/** @internal A wrong value as an error message shows it; unlike `JSON.stringify` it tells NaN from null and never throws. */
export function describeValue(value: unknown, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value))
    return depth > 2 ? '[…]' : `[${value.map((item) => describeValue(item, depth + 1)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
