import { WeightsError } from '../errors/errors.ts';
import { inOrder } from './label-lines.ts';

const SEPARATORS = [',', ';', '\t'] as const;

/** Titles of columns, in small letters. */
const INDEX_TITLE = /^(index|idx|id|class_?id|class_?index|label_?id|no|number|#)$/;
const NAME_TITLE = /^((class|label|display)_?names?|name|names|label|labels|class|classes|category|description)$/;

/** @internal Whether a text is a table of class names: a first line of titles, of which one is an index and one a name. */
export function hasTitles(text: string): boolean {
  const line = text.slice(0, 1000).split(/[\r\n]/, 1)[0] ?? '';
  const titles = (rowsOf(line, separatorOf(line))[0] ?? []).map(titleOf);
  return titles.some((title) => INDEX_TITLE.test(title)) && titles.some((title) => NAME_TITLE.test(title));
}

/**
 * @internal The class names in a CSV file: one column of names, or a column of indexes and one of names, with or without titles.
 * Throws `WeightsError`.
 */
export function labelsOfTable(text: string, file: string): string[] {
  const separator = separatorOf(text.slice(0, 10_000).split(/[\r\n]/, 1)[0] ?? '');
  const rows = rowsOf(text, separator).map((row) => row.map((cell) => cell.trim()));
  while (rows.at(-1)?.every((cell) => cell === '')) rows.pop();
  const [first] = rows;
  if (!first) throw new WeightsError(`${file} is empty: it must have one class name in each row`);
  const uneven = rows.findIndex(({ length }) => length !== first.length);
  if (uneven >= 0) {
    const [has, wanted] = [rows[uneven]?.length, first.length];
    throw new WeightsError(`${file}: row ${uneven + 1} has ${has} columns, but the first one has ${wanted}`);
  }
  const titles = first.map(titleOf);
  const named = titles.findIndex((title) => NAME_TITLE.test(title));
  if (first.length === 1) return rows.slice(named === 0 ? 1 : 0).map(([name = '']) => name);
  const titled = titles.findIndex((title) => INDEX_TITLE.test(title));
  const body = rows.slice(titled >= 0 || named >= 0 || !first.some(isIndex) ? 1 : 0);
  const index = titled >= 0 ? titled : first.findIndex((_, column) => body.every((row) => isIndex(row[column] ?? '')));
  const name = named >= 0 ? named : first.length === 2 && index >= 0 ? 1 - index : -1;
  if (name < 0 || (index < 0 && named < 0)) {
    throw new WeightsError(
      `${file} has ${first.length} columns: give it the titles index and name in the first row, so that it is clear which ones they are`,
    );
  }
  if (index < 0) return body.map((row) => row[name] ?? '');
  const wrong = body.findIndex((row) => !isIndex(row[index] ?? ''));
  if (wrong < 0)
    return inOrder(
      body.map((row) => [Number(row[index]), row[name] ?? '']),
      file,
    );
  throw new WeightsError(`${file}: row ${wrong + rows.length - body.length + 1} has no whole number as its index`);
}

function titleOf(cell: string): string {
  return cell
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}

function isIndex(cell: string): boolean {
  return /^\d{1,9}$/.test(cell);
}

function separatorOf(line: string): string {
  return SEPARATORS.find((separator) => line.includes(separator)) ?? ',';
}

/** The cells of a table (RFC 4180): one in quotes may contain separators, line breaks and doubled quotes. */
function rowsOf(text: string, separator: string): string[][] {
  const rows: string[][] = [[]];
  // Each match is a cell and what ends it.
  const cell = new RegExp(
    `(?:[ \\t]*"([^"]*(?:""[^"]*)*)"[ \\t]*|([^${separator}\\r\\n]*))(${separator}|\\r\\n|[\\r\\n]|$)`,
    'y',
  );
  while (cell.lastIndex <= text.length) {
    const match = cell.exec(text);
    if (!match) break;
    const [, quoted, plain, end] = match;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '') break;
    if (end !== separator) rows.push([]);
  }
  return rows;
}
