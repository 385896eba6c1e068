import { releaseModels, useEngine, type Model, type Pixels } from 'sluice';
import { classifyOne, inferOne } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import photo from '../data/squirrel_cls.jpg?url';
import { WASM_PATHS } from './support/wasm-paths.ts';

let model: Model;
let blob: Blob;

beforeAll(async () => {
  await useEngine('wasm', { wasmPaths: WASM_PATHS });
  model = await mobilenetV1();
  blob = await (await fetch(photo)).blob();
});
afterEach(() => releaseModels());

describe('inferOne', () => {
  it('takes a File, a Blob, an ImageBitmap, and pixels', async () => {
    const bitmap = await createImageBitmap(blob);
    const whole = new OffscreenCanvas(bitmap.width, bitmap.height).getContext(
      '2d',
    ) as OffscreenCanvasRenderingContext2D;
    whole.drawImage(bitmap, 0, 0);
    const { data, width, height } = whole.getImageData(0, 0, bitmap.width, bitmap.height);
    const pixels: Pixels = { width, height, channels: 4, data };
    for (const [picture, source] of [
      [new File([blob], 'squirrel.jpg'), 'squirrel.jpg'],
      [blob, 'picture'],
      [bitmap, 'picture'],
      [pixels, 'picture'],
    ] as const) {
      const result = await classifyOne(model, picture, { top: 1 });
      expect([result.source, result.classes[0]?.index]).toEqual([source, 336]);
    }
    // It is its owner's to close.
    expect(bitmap.width).toBeGreaterThan(0);
    bitmap.close();
  });

  it('refuses what is no picture', async () => {
    await expect(inferOne(model, new Blob(['hello']))).rejects.toMatchObject({ name: 'SourceError' });
    await expect(inferOne(model, new Blob([]))).rejects.toMatchObject({ name: 'SourceError' });
    for (const wrong of ['photo.jpg', 5, null, undefined, {}]) {
      await expect(inferOne(model, wrong as never)).rejects.toMatchObject({ code: 'option' });
    }
  });

  it('stops when its signal is aborted', async () => {
    const reason = new Error('closed');
    await expect(inferOne(model, blob, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const result = inferOne(model, blob, { signal: stop.signal });
    stop.abort(reason);
    await expect(result).rejects.toBe(reason);
  });
});
