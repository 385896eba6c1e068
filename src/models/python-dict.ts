const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['\n', ''],
]);

/**
 * @internal The names in a dict or a list of Python, as programs print them: `{0: 'person', 1: "dog's"}`, `['person', 'dog']`.
 * Undefined for any other text. The index is the key, or the place in the list.
 */
export function pythonNames(text: string): readonly (readonly [index: number, name: string])[] | undefined {
  const trimmed = text.trim();
  const isDict = trimmed.startsWith('{') && trimmed.endsWith('}');
  if (!isDict && !(trimmed.startsWith('[') && trimmed.endsWith(']'))) return undefined;
  const body = trimmed.slice(1, -1).trim();
  const entry = /(?:(\d{1,9})\s*:\s*)?(?:'([^'\\]*(?:\\[^][^'\\]*)*)'|"([^"\\]*(?:\\[^][^"\\]*)*)")\s*(?:,\s*|$)/y;
  const names: [number, string][] = [];
  while (entry.lastIndex < body.length) {
    const [, key, single, double = ''] = entry.exec(body) ?? [];
    if (entry.lastIndex === 0 || (key !== undefined) !== isDict) return undefined;
    names.push([key === undefined ? names.length : Number(key), unescaped(single ?? double)]);
  }
  return names;
}

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([^]))/gi,
    (all, x, u, long, other?: string) => {
      if (other !== undefined) return ESCAPES.get(other) ?? other;
      const code = Number.parseInt(String(x ?? u ?? long), 16);
      return code > 0x10ffff ? all : String.fromCodePoint(code);
    },
  );
}
