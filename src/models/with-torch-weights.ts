import type { Pipeline } from '../stages/pipeline.ts';
import { readSafetensors } from './safetensors.ts';

/**
 * Returns one of sluice's own networks with the weights of a safetensors file that names them as torchvision or timm does: ResNet-50
 * (`resnet50Pipeline({ variant: 'torchvision' })`), VGG16 (`vgg16Pipeline()`, with `batchNorm: true` for `vgg16_bn`), AlexNet,
 * SqueezeNet 1.1 and MobileNet v2 (each with `variant: 'torchvision'`). A prefix `module.`, `model.` or `backbone.` is taken away,
 * and `num_batches_tracked` is not read. Functions such as `resnet50({ weights })` choose the variant themselves.
 *
 * Throws `WeightsError` that names the file and the network that it looks like, if it lacks a weight, has others, or has weights of
 * another shape, and for a file of another network. Throws `OptionError` for a pipeline without a declared input shape.
 *
 * @see {@link withSafetensors}, {@link modelFrom}
 *
 * @example
 * const net = squeezenetPipeline({ variant: 'torchvision' });
 * const file = writeSafetensors({ 'features.0.weight': { shape: [64, 3, 3, 3], data: new Float32Array(1728) } });
 * const error = await withTorchWeights(net, file, 'w.safetensors').catch((thrown) => thrown);
 * console.log(error.code); // weights
 */
export async function withTorchWeights<I, O>(
  pipeline: Pipeline<I, O>,
  bytes: Uint8Array,
  file: string,
): Promise<Pipeline<I, O>> {
  const { fitTorchWeights } = await import('./torch/torch-variant.ts');
  return fitTorchWeights([pipeline], readSafetensors(bytes, file), file).pipeline;
}
