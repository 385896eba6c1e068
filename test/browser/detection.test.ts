import { firstValueFrom } from 'rxjs';
import {
  dense,
  detection,
  globalAvgPool,
  infer,
  modelFrom,
  pipeline,
  useEngine,
  type Detection,
  type DetectionOptions,
  type FrameResult,
  type Model,
  type ResizeOptions,
} from 'sluice';
import { canvas, imageFiles, inWorker, videoElement, webcam } from 'sluice/browser';
import { beforeAll, describe, expect, it } from 'vitest';
import photo from '../data/squirrel_cls.jpg?url';
import { allowCamera } from './support/camera.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

/** Finds a dog in the middle of its input, a quarter of its area, whatever it sees. */
const always = (how: Partial<ResizeOptions>): Promise<Model<Detection, DetectionOptions>> => {
  const kernel = Array.from({ length: 3 }, () => [0, 0, 0, 0, 0, 0]);
  const net = pipeline(
    { name: 'always', inputShape: [1, 40, 40, 3] },
    globalAvgPool(),
    dense({ units: 6, weights: { kernel, bias: [10, 10, 30, 30, 0.75, 1] } }),
  );
  return modelFrom(
    net as Model['pipeline'],
    { width: 40, height: 40, range: [0, 1], ...how },
    { task: detection({ head: 'boxes' }), labels: ['cat', 'dog'] },
  );
};

const placeOf = ({ boxes: [box], picture }: FrameResult<Detection>) => ({ ...box, picture });
const dog = { score: 0.75, label: 'dog', index: 1 };

function wide(): HTMLCanvasElement {
  const element = document.createElement('canvas');
  [element.width, element.height] = [400, 200];
  element.getContext('2d')?.fillRect(0, 0, 400, 200);
  return element;
}

beforeAll(() => useEngine('cpu'));

describe.each<[string, Partial<ResizeOptions>, object]>([
  ['cover', { fit: 'cover' }, { x: 150, y: 50, width: 100, height: 100 }],
  ['contain', { fit: 'contain' }, { x: 100, y: 0, width: 200, height: 200 }],
  ['fill', { fit: 'fill', centralFraction: 0.5 }, { x: 150, y: 75, width: 100, height: 50 }],
])('boxes with the fit %s are in the source picture', (_, how, place) => {
  const expected = { ...place, ...dog, picture: { width: 400, height: 200 } };

  it.each(['source', 'pipe'])('resized by the %s', async (by) => {
    const model = await always(how);
    const frames = canvas(wide(), by === 'source' ? { resize: model.preprocess } : {});
    expect(placeOf(await firstValueFrom(frames.pipe(infer(model))))).toEqual(expected);
  });

  it('of a worker', async () => {
    const model = await always(how);
    const frames = canvas(wide(), { resize: model.preprocess });
    const results = frames.pipe(inWorker(model, { engine: 'cpu', minScore: 0.7 }));
    expect(placeOf(await firstValueFrom(results))).toEqual(expected);
  });
});

describe('boxes in the pictures of', () => {
  it.each([
    ['the camera, on the page', infer],
    ['the camera, in a worker', (model: Model<Detection, DetectionOptions>) => inWorker(model, { engine: 'cpu' })],
  ] as const)('%s', async (_, run) => {
    await allowCamera(true);
    const model = await always({ fit: 'fill' });
    const result = await firstValueFrom(webcam({ resize: model.preprocess }).pipe(run(model)));
    const { width, height } = result.picture;
    expect(width).toBeGreaterThan(height);
    expect(placeOf(result)).toEqual({
      ...{ x: width / 4, y: height / 4, width: width / 2, height: height / 2 },
      ...{ ...dog, picture: { width, height } },
    });
  });

  it('a photo', async () => {
    const model = await always({ fit: 'fill' });
    const blob = await (await fetch(photo)).blob();
    const { width, height } = await createImageBitmap(blob);
    const frames = imageFiles([new File([blob], 'squirrel.jpg')], { resize: model.preprocess });
    const result = await firstValueFrom(frames.pipe(infer(model)));
    expect(placeOf(result)).toEqual({
      ...{ x: width / 4, y: height / 4, width: width / 2, height: height / 2 },
      ...{ ...dog, picture: { width, height } },
    });
  });

  it('an element', async () => {
    const model = await always({ fit: 'fill' });
    const video = document.createElement('video');
    video.muted = true;
    video.src = new URL('../../samples/cockatoo.mp4', import.meta.url).href;
    await video.play();
    const result = await firstValueFrom(videoElement(video, { resize: model.preprocess }).pipe(infer(model)));
    video.removeAttribute('src');
    expect(placeOf(result)).toEqual({
      ...{ x: 160, y: 90, width: 320, height: 180 },
      ...{ ...dog, picture: { width: 640, height: 360 } },
    });
  });
});

it('a worker on wasm finds the same', async () => {
  const model = await always({ fit: 'fill' });
  const frames = canvas(wide(), { resize: model.preprocess });
  const results = frames.pipe(inWorker(model, { engine: 'wasm', wasmPaths: WASM_PATHS }));
  expect(placeOf(await firstValueFrom(results))).toMatchObject({ x: 100, y: 50, width: 200, height: 100 });
});
