import { firstValueFrom, map } from 'rxjs';
import { importModel, infer, resize, useEngine, type PresetName, type ResizeOptions } from 'sluice';
import { canvas, imageFiles } from 'sluice/browser';
import { beforeAll, expect, it } from 'vitest';
import { layer, sequential, written } from '../models/layers/written.ts';

beforeAll(() => useEngine('cpu'));

/** A canvas of stripes, one pixel wide. */
function stripes(): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.width = element.height = 64;
  const context = element.getContext('2d');
  for (let x = 0; context && x < 64; x++) {
    context.fillStyle = x % 2 === 0 ? 'rgb(200, 50, 100)' : 'black';
    context.fillRect(x, 0, 1, 64);
  }
  return element;
}

const NEAREST: ResizeOptions = { width: 8, height: 8, resizeMethod: 'nearest' };

it('a canvas leaves to preprocess what it cannot resize itself', async () => {
  const data = await firstValueFrom(canvas(stripes(), { resize: NEAREST }).pipe(map((frame) => ({ ...frame.data }))));
  expect([data.width, data.height, data.resized]).toEqual([64, 64, undefined]);
  const kernel = resize(NEAREST).build([1, 64, 64, 4]);
  // The pixel at the centre of the first eight is the fifth one, 4, which is not black.
  expect([...kernel.run(data).data.subarray(0, 3)]).toEqual([200, 50, 100]);
  kernel.dispose();
});

it('a picture is resized by its source', async () => {
  const blob = await new Promise<Blob | null>((resolve) => stripes().toBlob(resolve));
  const file = new File([blob ?? ''], 'stripes.png');
  const data = await firstValueFrom(imageFiles([file], { resize: NEAREST }).pipe(map((frame) => frame.data)));
  expect([data.width, data.height]).toEqual([8, 8]);
  expect([...data.data.subarray(0, 3)]).toEqual([200, 50, 100]);
});

it('a digit is found by preprocess, in pictures that come whole, or smaller if they are large', async () => {
  const element = document.createElement('canvas');
  element.width = 1600;
  element.height = 1200;
  const context = element.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillStyle = 'white';
  context.fillRect(0, 0, 1600, 1200);
  context.fillStyle = 'black';
  context.fillRect(1200, 200, 40, 400);
  const digit: ResizeOptions = { width: 28, height: 28, fit: 'digit' };
  const blob = await new Promise<Blob | null>((resolve) => element.toBlob(resolve));
  const file = new File([blob ?? ''], 'one.png');
  for (const [source, size] of [
    [canvas(element, { resize: digit }), [1600, 1200, undefined]],
    [imageFiles([file], { resize: digit }), [1024, 768, undefined]],
  ] as const) {
    const data = await firstValueFrom(source.pipe(map((frame) => ({ ...frame.data }))));
    expect([data.width, data.height, data.resized]).toEqual(size);
    const one = await firstValueFrom(
      source.pipe(
        resize(digit),
        map((frame) => frame.data),
      ),
    );
    const column = Array.from({ length: 28 }, (_, y) => one.data[(y * 28 + 14) * 3]);
    expect(column.filter((value = 0) => value > 200).length).toBe(20);
    expect(one.data[0]).toBe(0);
  }
});

it('a model gets the names of ImageNet, and BGR from the camera or a canvas', async () => {
  const units = 1000;
  const net = sequential(
    layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
    layer('Dense', 'scores', { units, use_bias: false, activation: 'softmax' }),
  );
  // The first channel speaks for class 335, if it is larger than the third one.
  const kernel = Array.from({ length: 3 * units }, (_, i) => (i === 335 ? 1 : i === 2 * units + 335 ? -1 : 0));
  const files = written(net, { 'scores/kernel': { shape: [3, units], data: kernel } });
  const options = { labels: 'imagenet', resizeMethod: 'nearest' } as const;
  const label = async (preset: PresetName) => {
    const model = await importModel(files, { ...options, preset, onWarning: (message) => expect.unreachable(message) });
    expect([model.labels.length, model.labels[0]]).toEqual([units, 'tench']);
    const frames = canvas(stripes(), { resize: model.preprocess });
    return (await firstValueFrom(frames.pipe(infer(model, { top: 1 })))).classes[0];
  };
  expect(await label('raw')).toMatchObject({ label: 'fox squirrel' });
  // Of blue, green and red less the mean, red is the largest: the class is the least likely one.
  expect((await label('caffe'))?.label).not.toBe('fox squirrel');
});
