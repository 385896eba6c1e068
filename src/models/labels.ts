import { WeightsError } from '../errors/errors.ts';
import { MAX_LABELS } from './limits.ts';
import { describeUrl, loadBytes } from './load-bytes.ts';
import { warnOfModel, type OnModelWarning } from './model-warning.ts';

/** @internal Reads the class names at a URL. Throws `WeightsError`. */
export async function loadLabels(url: URL, signal?: AbortSignal): Promise<string[]> {
  const [bytes, { readLabels }] = await Promise.all([loadBytes(url, MAX_LABELS, signal), import('./read-labels.ts')]);
  return readLabels(bytes, describeUrl(url));
}

/** @internal Loads the 1,001 names of ImageNet's classes; the first is `background`. */
export async function imagenetLabels(signal?: AbortSignal): Promise<string[]> {
  const { imagenetNames } = await import('sluice/pipelines/imagenet');
  const names = await loadLabels(imagenetNames, signal);
  OURS.add(names);
  return names;
}

/** Lists that this module gave out: that their background may be left out is no news to anybody. */
const OURS = new WeakSet<readonly string[]>();

/** @internal Checks that labels are a list of names. Throws `WeightsError`. */
export function checkLabels(labels: unknown, file: string): string[] {
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels;
  throw new WeightsError(`${file} is not a list of class names`);
}

const BACKGROUND = /^_*(background|dummy)_*$/i;

/** How many classes ImageNet has. With a class for what is none of them, there is one more. */
const IMAGENET = 1000;

/**
 * Checks that there is one label for each score. If there is one label too many, and it is that of the background, it is left out; 1,000
 * names of ImageNet get one for 1,001 scores. Both with a warning. Throws `WeightsError` that names the file.
 */
export function fittingLabels(
  file: string,
  labels: readonly string[],
  classes: number,
  onWarning?: OnModelWarning,
): readonly string[] {
  const { length } = labels;
  if (length === classes) return labels;
  const counts = `${file} gives ${classes} scores, and there are ${length} labels`;
  if (length === classes + 1 && BACKGROUND.test(labels[0] ?? '')) {
    if (!OURS.has(labels)) warnOfModel(onWarning, 'labels', `${counts}: the first one, ${labels[0]}, is left out`);
    return labels.slice(1);
  }
  if (length === IMAGENET && classes === IMAGENET + 1 && /^tench\b/i.test(labels[0] ?? '')) {
    warnOfModel(
      onWarning,
      'labels',
      `${counts}: background is put before them, for the class that ImageNet does not have`,
    );
    return ['background', ...labels];
  }
  const remedy =
    Math.abs(length - classes) === 1
      ? '. One list may have a class for the background, which is the first one as a rule: add or remove its name'
      : '. Give the labels of this model';
  throw new WeightsError(
    `${file} gives ${classes} scores and needs one label for each, but got ${length} labels${remedy}`,
  );
}

/** @internal The labels of a model that has none: `class 0` … For as many scores as ImageNet has classes, a warning offers its names. */
export function numberedLabels(file: string, classes: number, onWarning: OnModelWarning | undefined): string[] {
  if (classes === IMAGENET || classes === IMAGENET + 1) {
    warnOfModel(
      onWarning,
      'labels',
      `${file} gives ${classes} scores and has no labels, so its classes are named class 0, class 1 and so on. If it was trained on ImageNet, give labels: 'imagenet' (--labels imagenet)`,
    );
  }
  return Array.from({ length: classes }, (_, i) => `class ${i}`);
}
