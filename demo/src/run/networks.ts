import type { Model } from 'sluice';
import weights from '../../../pipelines/mobilenet-v1/weights.safetensors?url';
import { fetchAll, type Progress } from './fetch-all.ts';

/** A network that comes with the page. */
export interface Bundled {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly parameters: number;
  /** Without weights of its own it runs with random ones: what it says means nothing. */
  readonly trained: boolean;
  readonly load: (told: (progress: Progress) => void) => Promise<Model>;
}

/** Its numbers take this much memory, in megabytes, as float32. */
export const megabytes = ({ parameters }: Pick<Bundled, 'parameters'>) => Math.round((parameters * 4) / 1e6);

/** Worth asking before it is loaded. */
export const isLarge = ({ parameters }: Bundled) => parameters > 50e6;

const random = { seed: 1 };

export const NETWORKS: readonly Bundled[] = [
  {
    name: 'mobilenet-v1',
    title: 'MobileNet v1',
    about: '2017, for phones. Trained on ImageNet: knows 1,000 things.',
    parameters: 4_222_057,
    trained: true,
    async load(told) {
      const { mobilenetV1 } = await import('sluice/pipelines/mobilenet-v1');
      const fetched = URL.createObjectURL(await fetchAll(new URL(weights, location.href), told));
      try {
        return await mobilenetV1({ weights: new URL(fetched) });
      } finally {
        URL.revokeObjectURL(fetched);
      }
    },
  },
  {
    name: 'lenet5',
    title: 'LeNet-5',
    about: '1998, for handwritten digits. The first of its kind.',
    parameters: 61_706,
    trained: false,
    load: async () => (await import('sluice/pipelines/lenet5')).lenet5(random),
  },
  {
    name: 'squeezenet',
    title: 'SqueezeNet 1.1',
    about: '2016. As good as AlexNet with fifty times fewer parameters.',
    parameters: 1_235_496,
    trained: false,
    load: async () => (await import('sluice/pipelines/squeezenet')).squeezenet(random),
  },
  {
    name: 'mobilenet-v2',
    title: 'MobileNet v2',
    about: '2018. Narrow between its blocks, wide inside them.',
    parameters: 3_538_984,
    trained: false,
    load: async () => (await import('sluice/pipelines/mobilenet-v2')).mobilenetV2(random),
  },
  {
    name: 'resnet50',
    title: 'ResNet-50',
    about: '2015. Deep, because what goes in is added to what comes out.',
    parameters: 25_636_712,
    trained: false,
    load: async () => (await import('sluice/pipelines/resnet50')).resnet50(random),
  },
  {
    name: 'alexnet',
    title: 'AlexNet',
    about: '2012. The one that began it all.',
    parameters: 62_378_344,
    trained: false,
    load: async () => (await import('sluice/pipelines/alexnet')).alexnet(random),
  },
  {
    name: 'vgg16',
    title: 'VGG16',
    about: '2014. Nothing but small filters, and very many of them.',
    parameters: 138_357_544,
    trained: false,
    load: async () => (await import('sluice/pipelines/vgg16')).vgg16(random),
  },
];
