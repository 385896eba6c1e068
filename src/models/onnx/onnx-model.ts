import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../../errors/check-options.ts';
import type { NamedTensors } from '../../stage/named-tensors.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { MAX_ONNX } from '../limits.ts';
import { modelFiles, type ModelSource } from '../tfjs/model-files.ts';
import { ONNX_OPTION_NAMES, type OnnxModelOptions } from './onnx-model-options.ts';

/**
 * Reads an ONNX model (operators of version 7 and later) as a pipeline of sluice's stages, under the names of its nodes. So it
 * runs on every engine, and each node is timed and can be tapped. Branches become `graph` stages. What depends on constants alone
 * is computed when the model is read.
 *
 * Pictures are `[batch, height, width, channels]`, as everywhere in sluice, though ONNX has the channels first; the weights are
 * turned round. A model that itself begins by bringing the channels first is taken as it is. Other inputs and outputs have ONNX's
 * dimensions. One input takes the frames, in single precision and in any batch; `constants` and `state` are for others.
 *
 * `source` is the path (in Node) or the URL of the `.onnx` file, or a list of `File`s. Weights in other files must be inside its
 * folder.
 *
 * With a list as `output`, the pipeline gives `NamedTensors` with the outputs under their names.
 *
 * A model with operators that stages cannot do runs on ONNX Runtime, whole or in part, as one asynchronous stage, if `onnxRuntime`
 * says so. ONNX Runtime is `onnxruntime-node`, an optional peer dependency, or in a page the module that `runtimeOptions` or
 * `useEngine` gives.
 *
 * Throws `WeightsError` for a file that is damaged, takes more work than `maxWork`, or contains operators that are not
 * supported (the message names all of them), `EngineError` where ONNX Runtime is missing or refuses the model, and `OptionError` where an option is needed.
 *
 * @see {@link importModel}, {@link layersModel}, {@link writeOnnx}, {@link foldBatchNorm}
 *
 * @example
 * const file = writeOnnx(pipeline({ inputShape: [1, 8] }, dense({ name: 'fc', units: 2, seed: 1 }), softmax()));
 * const net = await onnxModel([new File([file], 'tiny.onnx')]);
 * console.log(net.outputShape([1, 8])); // [1, 2]
 */
export async function onnxModel(
  source: ModelSource,
  options: OnnxModelOptions & { readonly output: readonly string[] },
): Promise<Pipeline<Tensor4D, NamedTensors>>;
export async function onnxModel(source: ModelSource, options?: OnnxModelOptions): Promise<Pipeline<Tensor4D, Tensor>>;
export async function onnxModel(
  source: ModelSource,
  options: OnnxModelOptions = {},
): Promise<Pipeline<Tensor4D, Tensor> | Pipeline<Tensor4D, NamedTensors>> {
  checkOptions('onnxModel', options, ONNX_OPTION_NAMES);
  const files = modelFiles(source, options.signal);
  const { readOnnxModel } = await import('./read-onnx-model.ts');
  const { pipeline } = await readOnnxModel(files, await files.main(MAX_ONNX), options);
  return pipeline;
}
