import { firstValueFrom, map } from 'rxjs';
import { beforeAll, expect, it } from 'vitest';
import { EngineError, frameSource, preprocess, resize, useEngine, type Pixels } from 'sluice';
import { difference, draw, found, photo, STROKES } from '../../support/handwriting.ts';

// What finds digits is loaded when there is a stage that needs it. This needs a fresh process: `FRESH` in vitest.config.ts names it.

const page = photo(draw(STROKES.four, 60, 8), { width: 160, height: 120 });
const size = { width: 28, height: 28, fit: 'digit' } as const;
const pictures = () => frameSource([{ data: page, timestamp: 0 }]);
const grey = ({ data }: Pixels) => Uint8Array.from({ length: data.length / 3 }, (_, i) => data[i * 3] as number);

beforeAll(() => useEngine('cpu'));

it('a stage that is run by hand says that it is not loaded', () => {
  const kernel = resize(size).build([1, 120, 160, 3]);
  expect(() => kernel.run(page)).toThrow(EngineError);
  expect(() => kernel.run(page)).toThrow('await useEngine(…) after the stage was made');
});

it('a pipe waits for it, also if an engine runs already', async () => {
  const picture = await firstValueFrom(
    pictures().pipe(
      resize(size),
      map(({ data }) => data),
    ),
  );
  expect(picture).toMatchObject({ width: 28, height: 28, channels: 3 });
  expect(grey(picture)).toEqual(found(page));
});

it('from then on it is there', () => {
  const kernel = resize(size).build([1, 120, 160, 3]);
  expect(grey(kernel.run(page))).toEqual(found(page));
});

it.each(['cpu', 'wasm', 'onnxruntime'] as const)(
  'preprocess gives a model light ink on dark, on %s',
  async (engine) => {
    await useEngine(engine);
    for (const channels of [1, 3] as const) {
      const values = await firstValueFrom(
        pictures().pipe(
          preprocess({ ...size, channels, range: [0, 255] }),
          map(({ data }) => data.dataSync()),
        ),
      );
      const first = Uint8Array.from({ length: 784 }, (_, i) => Math.round(values[i * channels] as number));
      expect(difference(first, found(page))).toBe(0);
    }
  },
);
