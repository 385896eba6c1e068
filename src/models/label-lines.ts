import { WeightsError } from '../errors/errors.ts';

/** `0 tench`, `0: tench`, `0, tench`. */
const INDEXED = /^(\d{1,9})(?:\s*[:,;]\s*|\s+)(\S.*)$/;

/** `n01440764 tench`: a synset of WordNet, as lists of ImageNet have it. */
const SYNSET = /^n\d{8}\s+(\S.*)$/;

/**
 * @internal The class names in a text with one on each line: with or without an index before each, which may begin at 0 or 1.
 * Throws `WeightsError` for an empty line between others, and for indexes with gaps.
 */
export function labelsOfLines(text: string, file: string): string[] {
  const lines = text.split(/\r\n|[\n\r]/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const empty = lines.indexOf('');
  if (empty >= 0) {
    throw new WeightsError(`${file}: line ${empty + 1} is empty, but a list of class names has one on each line`);
  }
  if (lines.length === 0) throw new WeightsError(`${file} is empty: it must have one class name on each line`);
  const indexed = lines.map((line) => INDEXED.exec(line));
  const pairs = indexed.flatMap((match) => (match ? [[Number(match[1]), match[2] ?? ''] as const] : []));
  if (pairs.length === lines.length && isComplete(pairs)) return inOrder(pairs, file);
  const [first, second] = indexed.map((match) => (match ? Number(match[1]) : undefined));
  if (first !== undefined && first <= 1 && second === first + 1) {
    const wrong = indexed.findIndex((match, i) => !match || Number(match[1]) !== first + i);
    throw new WeightsError(
      `${file}: line ${wrong + 1} must begin with the index ${first + wrong}, as the lines before it are numbered. Give each class a name, also one that is not used`,
    );
  }
  const synsets = lines.map((line) => SYNSET.exec(line)?.[1]);
  return synsets.every((name) => name !== undefined) ? synsets : lines;
}

type Pair = readonly [index: number, name: string];

/** Whether the indexes are 0 to n − 1, or 1 to n, in any order. */
function isComplete(pairs: readonly Pair[]): boolean {
  const least = pairs.reduce((low, [index]) => Math.min(low, index), Infinity);
  const found = new Set(pairs.map(([index]) => index));
  const most = pairs.reduce((high, [index]) => Math.max(high, index), 0);
  return least <= 1 && found.size === pairs.length && most === least + pairs.length - 1;
}

/** @internal Sorts names by their indexes, which must be 0 to n − 1, or 1 to n. Throws `WeightsError`. */
export function inOrder(pairs: readonly Pair[], file: string): string[] {
  if (isComplete(pairs)) return pairs.toSorted(([a], [b]) => a - b).map(([, name]) => name);
  const found = new Map<number, number>();
  for (const [index] of pairs) found.set(index, (found.get(index) ?? 0) + 1);
  const twice = [...found].find(([, times]) => times > 1);
  const missing = pairs.findIndex((_, i) => !found.has(i));
  const problem = twice ? `the index ${twice[0]} twice` : `no name for the index ${missing}`;
  throw new WeightsError(`${file} has ${pairs.length} class names, but ${problem}: number them from 0, without gaps`);
}
