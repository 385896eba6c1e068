import type { AnyModel, Bundled } from './bundled.ts';
import { downloadedFiles } from './downloaded-files.ts';
import { engineToRead } from './engine-to-read.ts';
import type { Progress } from './fetch-all.ts';

/** Reads a model from its files. */
type Read = (files: readonly File[], options: { readonly signal: AbortSignal }) => Promise<AnyModel>;

/** Fetches the files while the script that reads them loads. */
const load =
  (name: string, reader: () => Promise<Read>) =>
  async (told: (progress: Progress) => void, signal: AbortSignal): Promise<AnyModel> => {
    const [read, files] = await Promise.all([reader(), downloadedFiles(name, told, signal), engineToRead()]);
    return read(files, { signal });
  };

/** Models of the other tasks. npm downloads their files when the page is built. */
export const DOWNLOADED_MODELS: readonly Bundled[] = [
  {
    name: 'coco-ssd',
    title: 'COCO-SSD',
    about:
      'SSD on MobileNet v2, 2016 and 2018. It finds 80 kinds of objects, and the page follows each from frame to frame.',
    parameters: 4_508_632,
    trained: true,
    task: 'detection',
    load: load('coco-ssd', async () => (await import('sluice/pipelines/coco-ssd')).cocoSsd),
  },
  {
    name: 'centernet',
    title: 'CenterNet',
    about: '2019, on MobileNet v3. It finds the same 80 kinds of objects by the points in their middle.',
    parameters: 2_015_065,
    trained: true,
    task: 'detection',
    load: load('centernet', async () => (await import('sluice/pipelines/centernet')).centernet),
  },
  {
    name: 'deeplab',
    title: 'DeepLab v3',
    about:
      '2017, on MobileNet v2. It says what each pixel shows: a person, a bird, a chair, and 17 other kinds of things.',
    parameters: 2_104_191,
    trained: true,
    task: 'segmentation',
    load: load('deeplab', async () => (await import('sluice/pipelines/deeplab')).deeplab),
  },
  {
    name: 'selfie',
    title: 'Selfie segmentation',
    about: 'MediaPipe, 2021. It finds the pixels of people near the camera, as video calls do.',
    parameters: 106_433,
    trained: true,
    task: 'segmentation',
    load: load('selfie', async () => (await import('sluice/pipelines/selfie')).selfie),
  },
  {
    name: 'movenet',
    title: 'MoveNet Lightning',
    about: '2021. It finds 17 points of one body: the nose, the elbows, the knees …',
    parameters: 2_325_002,
    trained: true,
    task: 'keypoints',
    load: load('movenet', async () => (await import('sluice/pipelines/movenet')).movenet),
  },
  {
    name: 'movenet-multipose',
    title: 'MoveNet MultiPose',
    about: '2021. It finds 17 points of each of up to six bodies.',
    parameters: 4_723_949,
    trained: true,
    task: 'keypoints',
    load: load('movenet-multipose', async () => (await import('sluice/pipelines/movenet-multipose')).movenetMultipose),
  },
  {
    name: 'esrgan',
    title: 'ESRGAN slim',
    about:
      '2018. It makes the picture twice as large, and invents the details. The page shows what it makes of the middle.',
    parameters: 222_075,
    trained: true,
    task: 'picture',
    load: load('esrgan', async () => (await import('sluice/pipelines/esrgan')).esrgan),
  },
];
