import type { Model } from 'sluice';
import weights from '../../../pipelines/mobilenet-v1/weights.safetensors?url';
import { fetchAll, type Progress } from './fetch-all.ts';

/** A model for any task. The page asks the model's task what its results mean. */
export type AnyModel = Model<object, object>;

/** A model that comes with the page. */
export interface Bundled {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly parameters: number;
  /** False for a model that comes without weights: it runs with random ones, and its results mean nothing. */
  readonly trained: boolean;
  readonly load: (told: (progress: Progress) => void, signal: AbortSignal) => Promise<AnyModel>;
}

/** The size of a model's parameters as float32, in megabytes. */
export const megabytes = ({ parameters }: Pick<Bundled, 'parameters'>) => Math.round((parameters * 4) / 1e6);

/** Whether the page asks before it loads a model. */
export const isLarge = ({ parameters }: Bundled) => parameters > 50e6;

const random = { seed: 1 };

export const MODELS: readonly Bundled[] = [
  {
    name: 'mobilenet-v1',
    title: 'MobileNet v1',
    about: '2017, for phones. Trained on ImageNet: 1,000 classes.',
    parameters: 4_222_057,
    trained: true,
    async load(told, signal) {
      const { mobilenetV1 } = await import('sluice/pipelines/mobilenet-v1');
      return mobilenetV1({ weights: await fetchAll(new URL(weights, location.href), told, signal) });
    },
  },
  {
    name: 'lenet5',
    title: 'LeNet-5',
    about: '1998, for handwritten digits. An early convolutional model.',
    parameters: 61_706,
    trained: false,
    load: async () => (await import('sluice/pipelines/lenet5')).lenet5(random),
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
];
