const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes control characters, which file names may contain, so that text is one line and can't control the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) => SHORT[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Returns the stack of a thrown error, or the thrown value as text. */
export function stackOf(thrown: unknown): string {
  return (thrown as Partial<Error> | null | undefined)?.stack ?? String(thrown);
}
