/**
 * Characters that do something or hide something instead of being seen: controls, controls of the writing direction, separators
 * of lines, fillers, and halves of pairs. In a name they can control a terminal, or make the name look like another one. The
 * joiners and variation selectors are not among them: Persian, Hindi and emoji need them.
 */
const INVISIBLE = /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes the invisible characters of JSON, which stays the same value. Its own line ends stay. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
  );
}

/** Escapes the invisible characters of a text, line ends too, so that it is one line that a person can read on a terminal. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** The same for a text of several lines, whose line ends stay. */
export function printableLines(text: string): string {
  return text.replace(INVISIBLE, (character, at: number) =>
    character === '\n' || (character === '\r' && text[at + 1] === '\n') ? character : escaped(character),
  );
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
