import { WeightsError } from '../errors/errors.ts';
import { labelsOfJson } from './label-json.ts';
import { inOrder, labelsOfLines } from './label-lines.ts';
import { hasTitles, labelsOfTable } from './label-table.ts';
import { MAX_CLASSES, MAX_LABELS } from './limits.ts';
import { parseJson } from './parse-json.ts';
import { pythonNames } from './python-dict.ts';

/**
 * Reads a file of class names, in any form in which people have them:
 *
 * - JSON: `["cat", "dog"]`, `{"0": "cat", "1": "dog"}`, `{"cat": 0, "dog": 1}`, or a `metadata.json` or `config.json` with such a
 *   list as `labels`, `id2label`, `label_names` or `names`;
 * - text with one name on each line, with or without an index before it: `cat`, `0 cat`, `0: cat`;
 * - CSV: one column of names, or one of indexes and one of names, with or without titles;
 * - a dict of Python: `{0: 'cat', 1: 'dog'}`.
 *
 * A file is JSON if its name ends in `.json`, and CSV if it ends in `.csv` or `.tsv`; else its content decides. Indexes begin at 0 or
 * 1 and have no gaps. Text is UTF-8, or UTF-16 with a byte order mark. Throws `WeightsError` that names the file.
 *
 * @example
 * const bytes = (text) => new TextEncoder().encode(text);
 * console.log(readLabels(bytes('["cat", "dog"]'), 'labels.json')[1]); // dog
 * console.log(readLabels(bytes('0 cat\n1 dog\n'), 'labels.txt')[1]); // dog
 */
export function readLabels(bytes: Uint8Array, file: string): string[] {
  if (bytes.length > MAX_LABELS) throw new WeightsError(`${file} is longer than the limit of ${MAX_LABELS} bytes`);
  const labels = labelsIn(bytes, file);
  if (labels.length <= MAX_CLASSES) return labels;
  throw new WeightsError(`${file} has ${labels.length} class names, more than the limit of ${MAX_CLASSES}`);
}

function labelsIn(bytes: Uint8Array, file: string): string[] {
  const isJson = /\.json$/i.test(file);
  const encoding = encodingOf(bytes);
  if (isJson && encoding === 'utf-8') return jsonLabels(bytes, file);
  const text = decoded(bytes, encoding, file);
  if (isJson) return jsonLabels(new TextEncoder().encode(text), file);
  if (/\.[ct]sv$/i.test(file)) return labelsOfTable(text, file);
  if (/^\s*[{[]/.test(text)) {
    const names = pythonNames(text);
    return names ? inOrder(names, file) : jsonLabels(new TextEncoder().encode(text), file);
  }
  return hasTitles(text) ? labelsOfTable(text, file) : labelsOfLines(text, file);
}

function jsonLabels(bytes: Uint8Array, file: string): string[] {
  return labelsOfJson(
    parseJson(bytes, (what, cause) => new WeightsError(`${file} ${what}`, { cause })),
    file,
  );
}

/** By the byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

function decoded(bytes: Uint8Array, encoding: string, file: string): string {
  const why = 'is not text in UTF-8: save it as UTF-8';
  if (encoding === 'utf-8' && bytes.includes(0)) throw new WeightsError(`${file} ${why}`);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WeightsError(`${file} ${why}`, { cause });
  }
}
