/**
 * MobileNet v1 (Howard et al. 2017) with its ImageNet weights as integers of 8 bits.
 *
 * @module sluice/pipelines/mobilenet-v1-int8
 */

import { importModel, type Model } from 'sluice';

/** Options of {@link mobilenetV1Int8}. */
export interface MobilenetV1Int8Options {
  /** One name per class, 1,001 of them. Default: those of ImageNet; 0 is the background. */
  readonly labels?: readonly string[];
  /** The most work that one frame may take, as for `importModel`. Default 1e13; this model takes 5.7e8. */
  readonly maxWork?: number | undefined;
  /** Ends the loading, which then rejects with a `SourceError` of the code `interrupted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads MobileNet v1 that computes with integers of 8 bits (4.5 MB), with its 1,001 labels and preprocessing. On `onnxruntime` it is faster
 * than `mobilenetV1`; other engines compute the same rounded numbers in floats, and no faster. `quantize` of `sluice/node` makes such a
 * model of your own network and pictures.
 *
 * Throws `WeightsError` for a file that is missing or cut short, and for another number of labels, and the errors of `importModel`.
 *
 * @example
 * const net = await mobilenetV1Int8();
 * console.log(net.labels[336]); // fox squirrel
 */
export async function mobilenetV1Int8(options: MobilenetV1Int8Options = {}): Promise<Model> {
  return importModel(new URL('./weights.onnx', import.meta.url), options);
}
