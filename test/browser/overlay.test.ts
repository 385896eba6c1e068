import { firstValueFrom, map } from 'rxjs';
import {
  crops,
  detection,
  globalAvgPool,
  infer,
  keypoints,
  modelFrom,
  overlay,
  pipeline,
  reshape,
  segmentation,
  useEngine,
  withPicture,
  type Frame,
  type Model,
  type Pixels,
} from 'sluice';
import { canvas } from 'sluice/browser';
import { beforeAll, describe, expect, it } from 'vitest';
import { WASM_PATHS } from './support/wasm-paths.ts';

beforeAll(() => useEngine('wasm', { wasmPaths: WASM_PATHS }));

const picture = { width: 80, height: 60 };
const contextOf = (width: number, height: number): CanvasRenderingContext2D => {
  const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
  if (!context) throw new Error('no 2D context');
  return context;
};
const isPainted = (context: CanvasRenderingContext2D, x: number, y: number) =>
  (context.getImageData(x, y, 1, 1).data[3] ?? 0) > 0;

describe('overlay on a canvas of a page', () => {
  it.each([1, 3])('draws boxes, regions and poses at %i times the size of the picture', (scale) => {
    const context = contextOf(80 * scale, 60 * scale);
    const boxes = [{ x: 10, y: 10, width: 40, height: 30, score: 0.9, label: 'dog', index: 1 }];
    overlay(context, { boxes, picture }, detection());
    expect([isPainted(context, 50 * scale - 1, 25 * scale), isPainted(context, 70 * scale, 50 * scale)]).toEqual([
      true,
      false,
    ]);
    // The left half: 40 columns of 60 pixels, then 40 more outside: 0, 2400, 2400 in COCO's text.
    const rle = { size: [60, 80] as const, counts: '0P[2P[2' };
    const region = { index: 1, label: 'cat', area: 2400, share: 0.5, rle };
    overlay(context, { form: 'classes', regions: [region], unseen: 0, picture }, segmentation());
    expect([isPainted(context, 5 * scale, 50 * scale), isPainted(context, 75 * scale, 5 * scale)]).toEqual([
      true,
      false,
    ]);
    const points = [
      { name: 'left_shoulder', x: 20, y: 30, score: 1 },
      { name: 'right_shoulder', x: 60, y: 30, score: 1 },
    ];
    overlay(context, { poses: [{ score: 1, points }], picture }, keypoints());
    expect([isPainted(context, 40 * scale, 30 * scale), isPainted(context, 40 * scale, 50 * scale)]).toEqual([
      true,
      false,
    ]);
  });

  it('a detector feeds another model, each result in its box', async () => {
    const shown = contextOf(80, 60);
    shown.fillStyle = 'rgb(255, 0, 0)';
    shown.fillRect(0, 0, 40, 60);
    shown.fillStyle = 'rgb(0, 0, 255)';
    shown.fillRect(40, 0, 40, 60);
    // The mean colour of a picture, as scores of red, green and blue.
    const colours = pipeline({ name: 'colours', inputShape: [1, 8, 8, 3] }, globalAvgPool(), reshape({ shape: [3] }));
    const labels = ['red', 'green', 'blue'];
    const model = await modelFrom(colours as Model['pipeline'], { width: 8, height: 8, range: [0, 1] }, { labels });
    const halves = [0, 40].map((x) => ({ x, y: 0, width: 40, height: 60, score: 1, label: 'half', index: 0 }));
    const found = map(({ label }: Frame<Pixels>) => ({ ...label, boxes: halves, picture }));
    const { boxes } = await firstValueFrom(
      canvas(shown.canvas).pipe(withPicture(found), crops(infer(model, { top: 1 }))),
    );
    expect(boxes.map(({ crop }) => crop?.classes[0]?.label)).toEqual(['red', 'blue']);
  });
});
