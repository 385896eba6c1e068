import { messageOf, WeightsError } from '../errors/errors.ts';

/**
 * Reads a JSON list of class names; throws `WeightsError` naming the file.
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

/** @internal Throws `WeightsError` for labels that are no list of names. */
export function checkLabels(labels: unknown, file: string): string[] {
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels;
  throw new WeightsError(`${file} is not a list of class names`);
}

/** The labels, if there is one for each score; throws `WeightsError` naming the file. */
export function fittingLabels(file: string, labels: readonly string[], classes: number): readonly string[] {
  if (labels.length === classes) return labels;
  throw new WeightsError(
    `${file} gives ${classes} scores, but there are ${labels.length} labels: one is needed for each`,
  );
}
