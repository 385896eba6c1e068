const MAX_TEXT = 100;
const MAX_ITEMS = 12;

/**
 * @internal A wrong value as an error message shows it, a long one cut short; unlike `JSON.stringify` it tells NaN from
 * null and never throws.
 */
export function describeValue(value: unknown, depth = 0): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  if (Array.isArray(value)) {
    if (depth > 2) return '[…]';
    const items = value.slice(0, MAX_ITEMS).map((item) => describeValue(item, depth + 1));
    return `[${items.join(', ')}${value.length > MAX_ITEMS ? `, … ${value.length} in all` : ''}]`;
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
