import { alexnetModules } from './alexnet.ts';
import { timmMobilenetV1 } from './mobilenet-v1.ts';
import { timmMobilenetV2, torchvisionMobilenetV2 } from './mobilenet-v2.ts';
import { resnetModules } from './resnet.ts';
import { squeezenetModules } from './squeezenet.ts';
import type { TorchFamily, TorchNetwork } from './torch-family.ts';
import { vggModules } from './vgg.ts';

/** The variant of a ready-made network that computes as torchvision does. */
function variant(model: string, call: string): TorchNetwork {
  return { pipeline: `${model}-torchvision`, model, call: `${call}Pipeline({ variant: 'torchvision' })` };
}

const VGG16: TorchNetwork = { pipeline: 'vgg16', model: 'vgg16', call: 'vgg16Pipeline()' };
const VGG16_BN: TorchNetwork = { pipeline: 'vgg16-bn', model: 'vgg16', call: 'vgg16Pipeline({ batchNorm: true })' };
const MOBILENET_V2 = variant('mobilenet-v2', 'mobilenetV2');

const VGGS = { VGG11: [1, 1, 2, 2, 2], VGG13: [2, 2, 2, 2, 2], VGG16: [2, 2, 3, 3, 3], VGG19: [2, 2, 4, 4, 4] };

function vggs(): TorchFamily[] {
  return Object.entries(VGGS).flatMap(([name, groups]) =>
    ([false, true] as const).flatMap((normalized) =>
      (['torchvision', 'timm'] as const).map((head) => ({
        title: `${head}'s ${name}${normalized ? ' with batch normalization' : ''}`,
        modules: vggModules(groups, normalized, head),
        ...(name === 'VGG16' ? { network: normalized ? VGG16_BN : VGG16 } : {}),
      })),
    ),
  );
}

/** The families whose files are recognized, also those that sluice has no network for. */
export function torchFamilies(): TorchFamily[] {
  return [
    {
      title: "torchvision's ResNet-50",
      modules: resnetModules([3, 4, 6, 3], 3),
      network: variant('resnet50', 'resnet50'),
    },
    { title: "torchvision's ResNet-18", modules: resnetModules([2, 2, 2, 2], 2) },
    { title: "torchvision's ResNet-34", modules: resnetModules([3, 4, 6, 3], 2) },
    { title: "torchvision's ResNet-101", modules: resnetModules([3, 4, 23, 3], 3) },
    { title: "torchvision's ResNet-152", modules: resnetModules([3, 8, 36, 3], 3) },
    ...vggs(),
    { title: "torchvision's AlexNet", modules: alexnetModules(), network: variant('alexnet', 'alexnet') },
    {
      title: "torchvision's SqueezeNet 1.1",
      modules: squeezenetModules('1.1'),
      network: variant('squeezenet', 'squeezenet'),
    },
    { title: "torchvision's SqueezeNet 1.0", modules: squeezenetModules('1.0') },
    { title: "torchvision's MobileNet v2", modules: torchvisionMobilenetV2(), network: MOBILENET_V2 },
    { title: "timm's MobileNet v2", modules: timmMobilenetV2(), network: MOBILENET_V2, resizeMethod: 'bicubic' },
    { title: "timm's MobileNet v1", modules: timmMobilenetV1() },
  ];
}
