import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { byCodeUnits, type SayOfInputs } from '../batch/media-below.ts';
import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError } from '../errors/errors.ts';
import type { LabelledFiles } from './labelled-files.ts';

/** A longer file is no list of files. */
const MOST_BYTES = 256 * 2 ** 20;
/** How many missing files a warning names. */
const NAMED = 3;
const HEADINGS = { path: ['path', 'file', 'filename'], label: ['label', 'class'] } as const;
const URL_LIKE = /^[a-z][a-z\d+.-]+:\/\//i;

/**
 * The files that a CSV file names, relative to its folder, with their labels. The first line may name the columns (`path`, `file` or `filename`;
 * `label` or `class`); otherwise the first column is the path and the second one the label. Classes are sorted by name. Throws `OptionError`.
 */
export function labelledCsv(file: string, say: SayOfInputs): LabelledFiles {
  const { text, rows } = read(file);
  const columns = columnsOf(rows[0]?.record ?? []);
  const wrong = (row: Row, what: string) => new OptionError(`${file}: line ${lineOf(text, row)} ${what}`);
  const entries = rows.slice(columns ? 1 : 0).map((row) => {
    const { record } = row;
    const [name = '', label = ''] = [record[columns?.path ?? 0], record[columns?.label ?? 1]];
    if (name === '' || label === '') throw wrong(row, 'needs a path and a label: picture.jpg,cat');
    if (URL_LIKE.test(name)) throw wrong(row, 'names a URL: download the file and give its path');
    return { row, label, path: path.join(path.isAbsolute(name) ? '' : path.dirname(file), name) };
  });
  const seen = new Map<string, string>();
  for (const { row, label, path: one } of entries) {
    const key = path.resolve(one);
    const other = seen.get(key);
    if (other !== undefined) {
      const what = other === label ? 'again' : `as ${describeValue(label)}, but it was ${describeValue(other)} before`;
      throw wrong(row, `names ${one} ${what}: name each file once`);
    }
    seen.set(key, label);
  }
  const there = entries.filter((entry) => existsSync(entry.path));
  const kept = new Set(there);
  const missing = entries.filter((entry) => !kept.has(entry));
  if (missing.length > 0) say('warning', `${file}: ${leftOut(missing.map((entry) => entry.path))}`);
  if (entries.length === 0) throw new OptionError(`${file} names no files: give a path and a label on each line`);
  if (there.length === 0) throw new OptionError(`${file}: none of the ${entries.length} files that it names exists`);
  const labels = [...new Set(there.map(({ label }) => label))].toSorted(byCodeUnits);
  const places = new Map(labels.map((label, i) => [label, i]));
  return { labels, files: there.map((entry) => ({ path: entry.path, target: places.get(entry.label) ?? 0 })) };
}

function leftOut(missing: readonly string[]): string {
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  const files = missing.length === 1 ? 'file that does' : 'files that do';
  return `left out ${missing.length} ${files} not exist: ${missing.slice(0, NAMED).join(', ')}${more}`;
}

/** A row of a CSV file. */
interface Row {
  readonly record: readonly string[];
  /** `bytes`: where the row ends. */
  readonly info: { readonly bytes: number };
}

/** The number of the line in which a row ends. The parser's own number counts a line end of Windows in quotes twice. */
function lineOf(text: string, { info }: Row): number {
  return Buffer.from(text)
    .subarray(0, info.bytes)
    .toString()
    .trimEnd()
    .split(/\r\n|\r|\n/).length;
}

function read(file: string): { readonly text: string; readonly rows: readonly Row[] } {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, and at most ${MOST_BYTES} are read`);
    const text = readFileSync(file, 'utf8');
    const options = { bom: true, relaxColumnCount: true, skipEmptyLines: true, trim: true, info: true };
    const rows: unknown = parse(text, options);
    return { text, rows: rows as Row[] };
  } catch (cause) {
    throw new OptionError(`${file} is not a CSV file of paths and labels: ${messageOf(cause)}`, { cause });
  }
}

/** Where the columns are, if this line names them. */
function columnsOf(heading: readonly string[]): { readonly path: number; readonly label: number } | undefined {
  const names = heading.map((name) => name.toLowerCase());
  const at = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const found = { path: at(HEADINGS.path), label: at(HEADINGS.label) };
  return found.path < 0 || found.label < 0 ? undefined : found;
}
