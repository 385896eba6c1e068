import { FIELD, pictureOf, type Catch } from './catch.ts';

/** Two pixels, one above the other, in one character. */
const BLOCKS = [' ', '▄', '▀', '█'] as const;

/** The field of a game as lines of text. */
export function fieldAsText(game: Catch): string {
  const { data } = pictureOf(game);
  const isWhite = (x: number, y: number) => Number((data[3 * (FIELD * y + x)] ?? 0) > 127);
  const lines = Array.from({ length: FIELD / 2 }, (_, row) => {
    const line = Array.from({ length: FIELD }, (_, x) => BLOCKS[2 * isWhite(x, 2 * row) + isWhite(x, 2 * row + 1)]);
    return `│${line.join('')}│`;
  });
  return [...lines, `└${'─'.repeat(FIELD)}┘`].join('\n');
}
