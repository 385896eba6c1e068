import { lastValueFrom, toArray } from 'rxjs';
import {
  frameSource,
  infer,
  maskOf,
  modelFrom,
  pipeline,
  segmentation,
  slice,
  useEngine,
  type Fit,
  type FrameResult,
  type Model,
  type Pixels,
  type ResizeOptions,
  type Segmentation,
  type SegmentationOptions,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { leakFree } from '../../support/balance.ts';
import { randomFrom, seed } from '../../support/random.ts';

/** A network that says how bright each pixel is: the mask of what is white. */
function bright(
  width: number,
  height: number,
  how: Partial<ResizeOptions>,
): Promise<Model<Segmentation, SegmentationOptions>> {
  const inputShape = [1, height, width, 3];
  const net = pipeline({ name: 'bright', inputShape }, slice({ begin: [0, 0, 0], size: [height, width, 1] }) as never);
  return modelFrom(
    net as Model['pipeline'],
    { width, height, range: [0, 1], ...how },
    {
      task: segmentation({ outputKind: 'mask' }),
      labels: ['white'],
    },
  );
}

function picture(width: number, height: number, isWhite: (x: number, y: number) => boolean): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    if (isWhite(i % width, Math.floor(i / width))) data.fill(255, 3 * i, 3 * i + 3);
  }
  return { width, height, channels: 3, data };
}

const through = async (model: Model<Segmentation, SegmentationOptions>, ...pictures: readonly Pixels[]) =>
  lastValueFrom(
    frameSource(
      pictures.map((data, timestamp) => ({ data, timestamp })),
      { source: 'pictures' },
    ).pipe(infer(model), toArray()),
  );

describe.each(['cpu', 'wasm', 'onnxruntime'] as const)('on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it(`masks are where they were, within half a pixel, for all fits (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
    for (let round = 0; round < 30; round++) {
      const [width, height] = [between(8, 90), between(8, 90)];
      const [across, down] = [between(8, 40), between(8, 40)];
      const fit: Fit = (['cover', 'contain', 'fill'] as const)[round % 3] ?? 'fill';
      // With contain, the bars would lie on the rest of the picture.
      const centralFraction = fit !== 'contain' && random() < 0.3 ? 0.5 + random() / 2 : 1;
      const isAcross = random() < 0.5;
      // White from an edge on; the other side of it is black, as the bars are.
      const edge = between(2, (isAcross ? width : height) - 2);
      const given = picture(width, height, (x, y) => (isAcross ? x : y) >= edge);
      const [result] = await through(await bright(across, down, { fit, centralFraction }), given);
      const { place, unseen, picture: size } = result as FrameResult<Segmentation>;
      expect([place, size]).toEqual([undefined, { width, height }]);
      const mask = maskOf(result as Segmentation, 'white');
      const scale = scaleOf(width, height, across, down, fit, centralFraction);
      // Half a pixel of the network, or of the source picture where that is larger; resizing to whole pixels adds a little.
      const half = 0.5 * Math.max(1, isAcross ? scale.x : scale.y) + 0.3 * (isAcross ? scale.x : scale.y) + 0.01;
      let seen = 0;
      for (let i = 0; i < mask.length; i++) {
        const [x, y] = [i % width, Math.floor(i / width)];
        if (!isSeen(x, y, width, height, scale)) continue;
        seen++;
        const away = (isAcross ? x : y) + 0.5 - edge;
        // At the border of bars the mask fades.
        const isInside = fit !== 'contain' || isDeep(x, y, width, height, scale);
        if (Math.abs(away) > half && isInside) {
          expect([round, fit, x, y, (mask[i] ?? 0) >= 128]).toEqual([round, fit, x, y, away > 0]);
        }
      }
      // A pixel whose centre is at the very edge may count as seen or not.
      expect(Math.abs(unseen - (1 - seen / mask.length))).toBeLessThan(1 / width + 1 / height);
    }
  });

  it('a picture of one pixel, and one that is as small as the network', async () => {
    const model = await bright(4, 4, { fit: 'fill' });
    const results = await through(
      model,
      picture(1, 1, () => true),
      picture(1, 1, () => false),
      picture(4, 4, (x) => x > 1),
    );
    expect(results.map(({ regions }) => regions.map(({ area, share }) => [area, share]))).toEqual([
      [[1, 1]],
      [],
      [[8, 0.5]],
    ]);
    expect(results.map(({ mask }) => mask?.length)).toEqual([1, 1, 16]);
  });

  it('pictures of several sizes leave nothing behind', async () => {
    const model = await bright(8, 8, { fit: 'contain' });
    const sizes = [
      [40, 20],
      [7, 31],
      [40, 20],
    ] as const;
    const results = await leakFree(() => through(model, ...sizes.map(([w, h]) => picture(w, h, () => true))));
    expect(results.map(({ regions: [first] }) => (first?.share ?? 0) > 0.9)).toEqual([true, true, true]);
    expect(results.map(({ unseen }) => unseen)).toEqual([0, 0, 0]);
  });
});

it('fails a frame whose place is not known, and goes on', async () => {
  await useEngine('cpu');
  const failed: string[] = [];
  const blot = picture(60, 60, (x, y) => !(x >= 25 && x < 32 && y >= 20 && y < 40));
  const pictures = frameSource([{ data: blot, timestamp: 0 }], { source: 'pictures', onError: 'skip' });
  pictures.failures.subscribe(({ error }) => failed.push(error.message));
  const model = await bright(8, 8, { fit: 'digit' });
  expect(await lastValueFrom(pictures.pipe(infer(model), toArray()))).toEqual([]);
  expect(failed.join()).toContain('pixels cannot be placed in the source picture');
});

/** Pixels of the source picture in one of the network, and the part of the source picture that it sees. */
interface Scale {
  readonly x: number;
  readonly y: number;
  readonly seenX: number;
  readonly seenY: number;
}

/** Worked out here again, without the code in src/. */
function scaleOf(width: number, height: number, across: number, down: number, fit: Fit, fraction: number): Scale {
  if (fit === 'fill') {
    const [seenX, seenY] = [width * fraction, height * fraction];
    return { x: seenX / across, y: seenY / down, seenX, seenY };
  }
  if (fit === 'cover') {
    const scale = Math.min(width / across, height / down) * fraction;
    return { x: scale, y: scale, seenX: across * scale, seenY: down * scale };
  }
  const scale = Math.max(width / across, height / down);
  const [inX, inY] = [Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale))];
  return { x: width / inX, y: height / inY, seenX: width, seenY: height };
}

function isSeen(x: number, y: number, width: number, height: number, { seenX, seenY }: Scale): boolean {
  return Math.abs(x + 0.5 - width / 2) < seenX / 2 && Math.abs(y + 0.5 - height / 2) < seenY / 2;
}

function isDeep(x: number, y: number, width: number, height: number, scale: Scale): boolean {
  const away = (at: number, length: number) => Math.min(at + 0.5, length - at - 0.5);
  return away(x, width) > 2 * scale.x && away(y, height) > 2 * scale.y;
}
