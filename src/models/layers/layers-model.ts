import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../errors/check-options.ts';
import type { NamedTensors } from '../../stage/named-tensors.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import type { ModelSource } from '../tfjs/model-files.ts';
import { openTfjsModel } from '../tfjs/open-tfjs-model.ts';
import { LAYERS_OPTION_NAMES, type LayersModelOptions } from './layers-model-options.ts';

/**
 * Reads a model of tfjs-layers or Keras (a `model.json` and its weight files, or an `.h5` or `.keras` file) as a pipeline of
 * sluice's stages. The model can be Sequential or functional, with other models as layers. Its weights can be float32, or quantized to float16, uint16 or
 * uint8. The stages have the names of the layers. Branches become `graph` stages.
 *
 * `source` is the URL of the `model.json`, `.h5` or `.keras` file (`file:`, `http:`, `https:`; in browsers also `indexeddb://NAME`, which
 * `model.save` uses), or a list of `File`s: `[model.json, weights.bin, …]`. Files outside the folder of the `model.json` are
 * not read.
 *
 * Throws `WeightsError` for a model that is damaged, takes more work than `maxWork`, or contains layers that are not supported (the
 * message names all of them), and `OptionError` where an option is needed.
 *
 * @see {@link importModel}, {@link graphModel}, {@link foldBatchNorm}
 *
 * @example
 * const kernel = new Float32Array([1, 2, 3, 4]);
 * const layer = { class_name: 'Dense', config: { name: 'fc', units: 2, use_bias: false, batch_input_shape: [null, 2] } };
 * const json = {
 *   format: 'layers-model',
 *   modelTopology: { class_name: 'Sequential', config: { name: 'tiny', layers: [layer] } },
 *   weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'fc/kernel', shape: [2, 2], dtype: 'float32' }] }],
 * };
 * const net = await layersModel([new File([JSON.stringify(json)], 'model.json'), new File([kernel], 'weights.bin')]);
 * console.log(net.summary().parameters); // 4
 */
export function layersModel(
  source: ModelSource,
  options: LayersModelOptions & { readonly output: readonly string[] },
): Promise<Pipeline<Tensor4D, NamedTensors>>;
export function layersModel(source: ModelSource, options?: LayersModelOptions): Promise<Pipeline<Tensor4D, Tensor>>;
export async function layersModel(
  source: ModelSource,
  options: LayersModelOptions = {},
): Promise<Pipeline<Tensor4D, Tensor> | Pipeline<Tensor4D, NamedTensors>> {
  checkOptions('layersModel', options, LAYERS_OPTION_NAMES);
  const { toPipeline } = await import('./to-pipeline.ts');
  return toPipeline(await openTfjsModel(source, 'layers-model', options.signal), options);
}
