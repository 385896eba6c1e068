import { describeValue } from '../errors/describe-value.ts';
import { OptionError, WeightsError } from '../errors/errors.ts';
import { readLabels } from './labels.ts';
import { describeUrl, loadBytes } from './load-bytes.ts';
import type { Model } from './model.ts';
import { classification } from '../tasks/classification/classification.ts';
import { withSafetensors } from './with-safetensors.ts';
import { withSeed } from './with-seed.ts';

/** Where a network's weights and labels come from. */
export interface ModelFiles {
  /** A safetensors file, its weights named `<stage>/<weight>`. */
  readonly weights?: URL;
  /** Instead of `weights`: random ones, drawn from this whole number. */
  readonly seed?: number;
  /** A JSON list of one name per class. Default: `class 0`, `class 1` … */
  readonly labels?: URL;
}

/**
 * A network that comes without weights, ready to run: with those of a file, or with random ones.
 *
 * Throws `OptionError` where neither is given, or both; `WeightsError` for a file that is missing, damaged, or not this
 * network's.
 *
 * @see {@link importModel}, {@link readModel}
 *
 * @example
 * const net = pipeline({ name: 'tiny', inputShape: [1, 8, 8, 3] }, globalAvgPool(), dense({ units: 2 }), softmax());
 * const tiny = await modelFrom(net, { width: 8, height: 8, range: [0, 1] }, { seed: 1 });
 * console.log(tiny.labels); // ['class 0', 'class 1']
 */
export async function modelFrom(
  net: Model['pipeline'],
  preprocess: Model['preprocess'],
  files: ModelFiles = {},
): Promise<Model> {
  const { name } = net;
  const pipeline = await weighted(net, files);
  const classes = net.inputShape ? (net.outputShape(net.inputShape).at(-1) ?? 0) : 0;
  const labels = files.labels
    ? readLabels(await loadBytes(files.labels), describeUrl(files.labels))
    : Array.from({ length: classes }, (_, i) => `class ${i}`);
  if (labels.length !== classes) {
    const where = files.labels ? describeUrl(files.labels) : 'it';
    throw new WeightsError(
      `${where} has ${labels.length} labels, but ${name} gives ${classes} scores: one is needed for each`,
    );
  }
  return { name, preprocess, pipeline, task: classification(), labels };
}

async function weighted(net: Model['pipeline'], { weights, seed }: ModelFiles): Promise<Model['pipeline']> {
  if (weights !== undefined && seed !== undefined) {
    throw new OptionError(`${net.name}: weights and seed say two things: give one of them`);
  }
  if (weights !== undefined) return withSafetensors(net, await loadBytes(weights), describeUrl(weights));
  if (seed === undefined) {
    throw new OptionError(
      `${net.name} comes without weights: give those of a safetensors file (weights), or a seed for random ones`,
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OptionError(`${net.name}: seed must be a whole number of at least 0, not ${describeValue(seed)}`);
  }
  return withSeed(net, seed);
}
