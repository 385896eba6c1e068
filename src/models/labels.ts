import { WeightsError } from '../errors/errors.ts';
import { MAX_LABELS } from './limits.ts';
import { describeUrl, loadBytes } from './load-bytes.ts';
import { parseJson } from './parse-json.ts';

/**
 * Reads a JSON list of class names. Throws `WeightsError` that names the file.
 *
 * @example
 * console.log(readLabels(new TextEncoder().encode('["cat", "dog"]'), 'labels.json')[1]); // dog
 */
export function readLabels(bytes: Uint8Array, file: string): string[] {
  const labels = parseJson(bytes, (what, cause) => new WeightsError(`${file} ${what}`, { cause }));
  return checkLabels(labels, file);
}

/** @internal Reads the class names at a URL. Throws `WeightsError`. */
export async function loadLabels(url: URL, signal?: AbortSignal): Promise<string[]> {
  return readLabels(await loadBytes(url, MAX_LABELS, signal), describeUrl(url));
}

/** @internal Checks that labels are a list of names. Throws `WeightsError`. */
export function checkLabels(labels: unknown, file: string): string[] {
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels;
  throw new WeightsError(`${file} is not a list of class names`);
}

/** Checks that there is one label for each score. Throws `WeightsError` that names the file. */
export function fittingLabels(file: string, labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === classes) return labels;
  throw new WeightsError(
    `${file} gives ${classes} scores and needs one label for each, but got ${labels.length} labels`,
  );
}
