import { describeValue } from './describe-value.ts';
import { OptionError } from './errors.ts';

/**
 * @internal Throws `OptionError` for options that are not an object, and for an option that does not exist. A misspelt option (`stride` for `strides`) would
 * otherwise be ignored without a word. The message names the known option that is most like it, and lists `known`.
 *
 * `also` lists options that exist but are left out of the message. An option whose value is undefined counts as not given.
 */
export function checkKnown(
  called: string,
  options: object,
  known: readonly string[],
  also: readonly string[] = [],
): void {
  const value: unknown = options;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError(
      `${called}: its options must be an object with any of ${known.join(', ')}, not ${describeValue(value)}`,
      { stage: called },
    );
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const wrong = given.map(([key]) => key).find((key) => !known.includes(key) && !also.includes(key));
  if (wrong === undefined) return;
  const near = nearest(wrong, known);
  const hint = near === undefined ? '; its' : `: did you mean ${near}? Its`;
  throw new OptionError(`${called} has no option ${describeValue(wrong)}${hint} options are ${known.join(', ')}`, {
    stage: called,
  });
}

/** The known name at most two edits away (ignoring case, `-` and `_`), else the first one that contains the word. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.replaceAll(/[_-]/g, '').toLowerCase();
  const wanted = plain(word.slice(0, 30));
  const scored = known.map((name) => ({ name, away: distance(wanted, plain(name)) }));
  const [best] = scored.toSorted((a, b) => a.away - b.away);
  if (best && best.away <= 2) return best.name;
  return wanted.length < 3 ? undefined : known.find((name) => plain(name).includes(wanted));
}

/** The Levenshtein distance: how many letters must be inserted, deleted or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
