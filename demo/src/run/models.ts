import cifar10Weights from '../../../pipelines/alexnet-cifar10/weights.safetensors?url';
import lenet5Weights from '../../../pipelines/lenet5/weights.safetensors?url';
import mobilenetWeights from '../../../pipelines/mobilenet-v1/weights.safetensors?url';
import { taskNameOf, type Bundled } from './bundled.ts';
import { DOWNLOADED_MODELS } from './downloaded-models.ts';
import { fetchAll } from './fetch-all.ts';
import type { TaskName } from './tasks.ts';

const random = { seed: 1 };

/** The name of the model that reads handwritten digits. */
export const DIGITS = 'lenet5';

export const MODELS: readonly Bundled[] = [
  {
    name: 'mobilenet-v1',
    title: 'MobileNet v1',
    about: '2017, for phones. Trained on ImageNet: 1,000 classes.',
    parameters: 4_222_057,
    trained: true,
    async load(told, signal) {
      const { mobilenetV1 } = await import('sluice/pipelines/mobilenet-v1');
      return mobilenetV1({ weights: await fetchAll(new URL(mobilenetWeights, location.href), told, signal) });
    },
  },
  {
    name: DIGITS,
    title: 'LeNet-5',
    about:
      '1998, one of the first convolutional models. It reads handwritten digits, from 0 to 9: draw one, or show one to the camera.',
    parameters: 61_706,
    trained: true,
    async load(told, signal) {
      const { lenet5 } = await import('sluice/pipelines/lenet5');
      const labels = Array.from({ length: 10 }, (_, digit) => `${digit}`);
      return lenet5({ labels, weights: await fetchAll(new URL(lenet5Weights, location.href), told, signal) });
    },
  },
  {
    name: 'alexnet-cifar10',
    title: 'AlexNet for small pictures',
    about:
      'AlexNet’s row of layers at a small size. It tells ten classes of CIFAR-10 apart: airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck.',
    parameters: 241_658,
    trained: true,
    async load(told, signal) {
      const { alexnetCifar10, CIFAR10_LABELS: labels } = await import('sluice/pipelines/alexnet-cifar10');
      return alexnetCifar10({ labels, weights: await fetchAll(new URL(cifar10Weights, location.href), told, signal) });
    },
  },
  {
    name: 'squeezenet',
    title: 'SqueezeNet 1.1',
    about: '2016. As accurate as AlexNet, with fifty times fewer parameters.',
    parameters: 1_235_496,
    trained: false,
    load: async () => (await import('sluice/pipelines/squeezenet')).squeezenet(random),
  },
  {
    name: 'mobilenet-v2',
    title: 'MobileNet v2',
    about: '2018. Its blocks have few channels at both ends and many inside.',
    parameters: 3_538_984,
    trained: false,
    load: async () => (await import('sluice/pipelines/mobilenet-v2')).mobilenetV2(random),
  },
  {
    name: 'resnet50',
    title: 'ResNet-50',
    about: '2015. Each block adds its input to its output, which makes 50 layers trainable.',
    parameters: 25_636_712,
    trained: false,
    load: async () => (await import('sluice/pipelines/resnet50')).resnet50(random),
  },
  {
    name: 'alexnet',
    title: 'AlexNet',
    about: '2012. It won the ImageNet challenge and made deep learning popular.',
    parameters: 62_378_344,
    trained: false,
    load: async () => (await import('sluice/pipelines/alexnet')).alexnet(random),
  },
  {
    name: 'vgg16',
    title: 'VGG16',
    about: '2014. Uses only 3 × 3 filters, and many of them.',
    parameters: 138_357_544,
    trained: false,
    load: async () => (await import('sluice/pipelines/vgg16')).vgg16(random),
  },
  ...DOWNLOADED_MODELS,
];

/** The models of a task, the usual one first. */
export const modelsFor = (task: TaskName): readonly Bundled[] => MODELS.filter((one) => taskNameOf(one) === task);
