import { messageOf, WeightsError } from '../errors/errors.ts';

/**
 * Reads a JSON list of class names. Throws `WeightsError` that names the file.
 *
 * @example
 * console.log(readLabels(new TextEncoder().encode('["cat", "dog"]'), 'labels.json')[1]); // dog
 */
export function readLabels(bytes: Uint8Array, file: string): string[] {
  let labels: unknown;
  try {
    labels = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new WeightsError(`${file} is not JSON: ${messageOf(cause)}`, { cause });
  }
  return checkLabels(labels, file);
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
