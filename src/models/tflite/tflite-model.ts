import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { LAYERS_OPTION_NAMES, type LayersModelOptions } from '../layers/layers-model-options.ts';
import { MAX_TFLITE } from '../limits.ts';
import { modelFiles, type ModelSource } from '../tfjs/model-files.ts';

/** Options of {@link tfliteModel}: those of {@link layersModel}. */
export type TfliteModelOptions = LayersModelOptions;

const NAMES: OptionNames<TfliteModelOptions> = LAYERS_OPTION_NAMES;

/**
 * Reads a TensorFlow Lite model as a pipeline of sluice's stages, under the names of its values. So it runs on every engine, and each
 * operator is timed and can be tapped. Branches become `graph` stages. What depends on constants alone is computed when the model is
 * read.
 *
 * The model takes one input, pictures of `[batch, height, width, channels]` as TFLite has them, and any batch. Weights are float32,
 * float16, or whole numbers (`int8`, `uint8`) with one scale for all or one for each channel. They become floats, and so do inputs
 * and outputs: a quantized model computes in single precision. Its results differ from those of a TFLite runtime, which rounds after
 * each operator, by a few steps of its output.
 *
 * `source` is the path (in Node) or the URL of the `.tflite` file, or a list of `File`s. `output` may be the name of any value of the
 * graph: so a detector can be read without the operators after its network.
 *
 * Throws `WeightsError` for a file that is damaged, takes more work than `maxWork`, or contains operators that are not supported (the
 * message names all of them), and `OptionError` where an option is needed.
 *
 * @see {@link importModel}, {@link onnxModel}, {@link layersModel}
 *
 * @example
 * const net = await tfliteModel(new URL('tiny.tflite', import.meta.url));
 * console.log(net.outputShape([1, 8, 8, 3])); // [1, 3]
 */
export async function tfliteModel(
  source: ModelSource,
  options: TfliteModelOptions = {},
): Promise<Pipeline<Tensor4D, Tensor>> {
  checkOptions('tfliteModel', options, NAMES);
  const files = modelFiles(source, options.signal);
  const { readTfliteModel } = await import('./read-tflite-model.ts');
  const main = await files.main(MAX_TFLITE);
  return readTfliteModel(files.name, main, options).pipeline;
}
