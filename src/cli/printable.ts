const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text as one line that does nothing to a terminal: control characters, as a file's name may have, become escapes. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) => SHORT[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Where something unexpected was thrown, or what it was. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.stack !== undefined ? thrown.stack : String(thrown);
}
