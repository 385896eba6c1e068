import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import {
  activation,
  avgPool,
  classification,
  conv2d,
  flatten,
  infer,
  markDelivered,
  modelFrom,
  OptionError,
  picture,
  pipeline,
  repaint,
  reshape,
  resize,
  stage,
  StageError,
  upsample,
  useEngine,
  withPicture,
  type Frame,
  type Model,
  type PaintedPicture,
  type Pixels,
  type RepaintOptions,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run, watch } from '../../support/balance.ts';
import { seed } from '../../support/random.ts';
import { convolutions, dataOf, identity, modelOf, noise, sourceOf } from './pictures.ts';

beforeAll(() => useEngine('cpu'));

/** What a model makes of a picture. */
async function painted(model: Model<PaintedPicture>, of: Pixels, options?: RepaintOptions) {
  const source = sourceOf([of]);
  return lastValueFrom(source.pipe(repaint(model, options), map(dataOf)));
}

/** The colour of a pixel. */
const at = ({ width, data }: { readonly width: number; readonly data: ArrayLike<number> }, x: number, y: number) =>
  [0, 1, 2].map((c) => data[(y * width + x) * 3 + c]);

describe('repaint', () => {
  it(`gives the exact picture for a network that changes nothing, whatever the sizes (seed ${seed})`, async () => {
    const sides = fc.integer({ min: 1, max: 40 });
    const tile = fc
      .record({ high: fc.integer({ min: 1, max: 20 }), wide: fc.integer({ min: 1, max: 20 }) })
      .chain(({ high, wide }) =>
        fc.record({
          size: fc.constant([high, wide] as const),
          overlap: fc.integer({ min: 0, max: Math.floor(Math.min(high, wide) / 2) }),
        }),
      );
    const model = await modelOf(identity());
    await leakFree(() =>
      fc.assert(
        fc.asyncProperty(sides, sides, tile, async (width, height, { size, overlap }) => {
          // An overlap of a half makes many tiles of small ones.
          fc.pre((width * height) / Math.max(1, (size[0] - overlap) * (size[1] - overlap)) < 300);
          const given = noise(width, height, width * height);
          expect(await painted(model, given, { tile: { size, overlap } })).toEqual(dataOf({ data: given } as never));
        }),
        { seed, numRuns: 60 },
      ),
    );
  });

  it(`tiles give what the whole picture gives, where the network saw no edge (seed ${seed})`, async () => {
    // The radius is 3, so the outer quarter of an overlap of 12 is what a tile's edge changes.
    const model = await modelOf(convolutions(24), 24, { range: [-8, 8] });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 25, max: 70 }), fc.integer({ min: 25, max: 60 }), async (width, height) => {
        const given = noise(width, height, width + height);
        const whole = await painted(model, given, { tile: { size: [height, width], overlap: 0 } });
        const tiled = await painted(model, given, { tile: { size: 24, overlap: 12 } });
        expect([tiled.width, tiled.height]).toEqual([width, height]);
        expect(worst(tiled.data, whole.data)).toBeLessThanOrEqual(1);
      }),
      { seed, numRuns: 8 },
    );
  });

  it('an overlap that is too small shows seams, which tells that the test above can fail', async () => {
    const model = await modelOf(convolutions(24), 24, { range: [-8, 8] });
    // Three tiles in a row without an overlap. Those of another size would overlap, since tiles are spread evenly.
    const given = noise(72, 48);
    const whole = await painted(model, given, { tile: { size: [48, 72], overlap: 0 } });
    const seams = await painted(model, given, { tile: { size: 24, overlap: 0 } });
    expect(worst(seams.data, whole.data)).toBeGreaterThan(4);
  });

  it('enlarges and shrinks by the factor of the model', async () => {
    const twice = await modelOf(pipeline({ name: 'twice', inputShape: [1, 16, 16, 3] }, upsample({ size: [2, 3] })));
    const given = noise(21, 19);
    const large = await painted(twice, given);
    expect([large.width, large.height]).toEqual([63, 38]);
    for (const [x, y] of [
      [0, 0],
      [10, 9],
      [20, 18],
    ] as const) {
      expect(at(large, 3 * x + 2, 2 * y + 1)).toEqual(at(given, x, y));
    }
    const half = await modelOf(pipeline({ name: 'half', inputShape: [1, 16, 16, 3] }, avgPool({ poolSize: 2 })));
    const small = await painted(half, given);
    // The last column and row show the edge and its mirror image.
    expect([small.width, small.height]).toEqual([11, 10]);
    const mean = [0, 1, 2].map((c) =>
      [at(given, 4, 6), at(given, 5, 6), at(given, 4, 7), at(given, 5, 7)].reduce(
        (sum, one) => sum + (one[c] ?? NaN) / 4,
        0,
      ),
    );
    at(small, 2, 3).forEach((value, c) =>
      expect(Math.abs((value ?? NaN) - (mean[c] ?? NaN))).toBeLessThanOrEqual(0.51),
    );
  });

  it('says where what it gives is in the source picture', async () => {
    const twice = await modelOf(pipeline({ name: 'twice', inputShape: [1, 16, 16, 3] }, upsample({ size: 2 })));
    const middle = resize({ width: 8, height: 8, fit: 'cover' });
    const source = sourceOf([noise(40, 20)]);
    const { data: views } = await lastValueFrom(
      source.pipe(
        middle,
        repaint(twice),
        map((frame: Frame<Pixels>) => ({ data: [frame.data.view, frame.view] })),
      ),
    );
    const view = {
      size: { width: 16, height: 16 },
      source: { width: 40, height: 20 },
      ...{ left: 10, top: 0, scaleX: 1.25, scaleY: 1.25 },
    };
    expect(views).toEqual([view, view]);
  });

  it('takes networks whose pictures are grey, planar or have their channels reversed', async () => {
    const given = noise(20, 18);
    const planar = await modelFrom(
      pipeline({ name: 'planar', inputShape: [1, 3, 16, 16] }, activation('linear') as never),
      { width: 16, height: 16, range: [-1, 1], layout: 'nchw', channelOrder: 'bgr' },
      { task: picture({ range: [-1, 1], layout: 'nchw', channelOrder: 'bgr' }) },
    );
    expect((await painted(planar, given)).data).toEqual([...given.data]);
    const grey = await modelOf(pipeline({ name: 'grey', inputShape: [1, 16, 16, 1] }, activation('linear')), 16, {
      channels: 1,
    });
    const [r = NaN, g, b] = at(await painted(grey, given), 17, 17);
    const [red = NaN, green = NaN, blue = NaN] = at(given, 17, 17);
    expect([g, b]).toEqual([r, r]);
    expect(Math.abs(r - (0.299 * red + 0.587 * green + 0.114 * blue))).toBeLessThanOrEqual(0.51);
  });

  it('blends transparent pixels with white', async () => {
    const given: Pixels = { ...noise(20, 3, 1, 4), data: new Uint8Array(240) };
    const { data } = await painted(await modelOf(identity()), given);
    expect(new Set(data)).toEqual(new Set([255]));
  });

  it('keeps labels, leases and order, and gives frames that live for one turn', async () => {
    const model = await modelOf(identity());
    const source = sourceOf([noise(40, 20, 1), noise(5, 5, 2), noise(17, 33, 3)], { maxInFlight: 2 });
    const { leases } = watch(source);
    const kept: Frame<Pixels>[] = [];
    const { values, completed } = await leakFree(() =>
      run(
        source.pipe(
          repaint(model),
          markDelivered(),
          map((frame) => {
            kept.push(frame);
            return {
              seq: frame.label.seq,
              timestamp: frame.label.timestamp,
              stages: frame.timings.map((t) => t.stage),
            };
          }),
        ),
      ),
    );
    expect(values).toEqual([0, 1, 2].map((seq) => ({ seq, timestamp: seq * 40_000, stages: ['repaint'] })));
    expect(completed).toBe(true);
    expect(kept.map(({ live }) => live)).toEqual([false, false, false]);
    expect(() => kept[0]?.data).toThrow('after its release');
    expect(leases()).toBeLessThanOrEqual(2);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
  });

  it('works with one frame in flight, for two subscribers at once, and before other models', async () => {
    const model = await modelOf(identity());
    const given = [noise(40, 20, 1), noise(20, 40, 2)];
    const source = sourceOf(given, { maxInFlight: 1 });
    const stream = source.pipe(repaint(model, { tile: { size: 16, overlap: 4 } }), withPicture(infer(model)));
    const both = await leakFree(() =>
      Promise.all(
        [0, 1].map(() =>
          lastValueFrom(
            stream.pipe(
              map(({ data: { pixels, result } }) => [[...pixels.data], result.size]),
              toArray(),
            ),
          ),
        ),
      ),
    );
    const expected = given.map(({ data }) => [[...data], { width: 16, height: 16 }]);
    expect(both).toEqual([expected, expected]);
    expect(closedAccount(source)).toMatchObject({ produced: 4, failed: 0 });
  });
});

describe('repaint, where something goes wrong', () => {
  /** A network that fails on pictures whose first value is 0. */
  const failing = () =>
    pipeline(
      { name: 'failing', inputShape: [1, 16, 16, 3] },
      stage<tf.Tensor4D, tf.Tensor4D>({
        spec: { op: 'refuses' },
        outputShape: (input) => input,
        kernel: () => (x, label) => {
          if (label && x.dataSync()[0] === 0) throw new Error('not this one');
          return tf.add(x, 0);
        },
      }),
    );
  const good = noise(40, 20, 1);
  good.data[0] = 9;
  /** The second tile of the first row begins with black. */
  const bad: Pixels = { ...good, data: good.data.slice() };
  bad.data.fill(0, 0, 40 * 3);

  it('a tile that fails fails its frame; with onError skip the others go on', async () => {
    const model = await modelOf(failing());
    const source = sourceOf([good, bad, good], { onError: 'skip' });
    const failures: unknown[] = [];
    source.failures.subscribe(({ label, error }) => failures.push([label.seq, error.message, error]));
    const { values, completed } = await leakFree(() =>
      run(
        source.pipe(
          repaint(model),
          markDelivered(),
          map((f) => f.label.seq),
        ),
      ),
    );
    expect([values, completed]).toEqual([[0, 2], true]);
    expect(failures).toMatchObject([
      [1, 'stage refuses failed on frame test #1 at 0.040 s: not this one', expect.any(StageError)],
    ]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
  });

  it('without it, the stream fails', async () => {
    const source = sourceOf([good, bad, good]);
    const { values, error } = await run(
      source.pipe(
        repaint(await modelOf(failing())),
        map((f) => f.label.seq),
      ),
    );
    expect(values).toEqual([0]);
    expect(error).toBeInstanceOf(StageError);
    expect(closedAccount(source)).toMatchObject({ failed: 1 });
  });

  it('a value that is not a number fails its frame', async () => {
    const odd = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'odd' },
      outputShape: (input) => input,
      kernel: () => (x) => tf.div(x, 0),
    });
    const model = await modelOf(pipeline({ name: 'odd', inputShape: [1, 16, 16, 3] }, odd));
    const { error } = await run(sourceOf([good]).pipe(repaint(model)));
    expect(String(error)).toMatch(
      /readPicture failed on frame test #0 at 0.000 s: value \d+ of the picture is (NaN|Infinity)/,
    );
  });

  it('unsubscribing between two tiles frees everything', async () => {
    const model = await modelOf(convolutions());
    const source = sourceOf([noise(200, 200), noise(200, 200)]);
    await leakFree(async () => {
      let tiles = 0;
      const counted = pipeline(
        { name: 'counted', inputShape: [1, 16, 16, 3] },
        stage<tf.Tensor4D, tf.Tensor4D>({
          spec: { op: 'counts' },
          outputShape: (input) => input,
          kernel: () => (x, label) => {
            if (label) tiles++;
            if (tiles === 5) subscription.unsubscribe();
            return tf.add(x, 0);
          },
        }),
        model.pipeline as never,
      );
      const subscription = source.pipe(repaint(await modelOf(counted as never))).subscribe();
      await expect.poll(() => subscription.closed).toBe(true);
      await new Promise((done) => setTimeout(done, 20));
      expect(tiles).toBe(5);
    });
    expect(closedAccount(source)).toMatchObject({ delivered: 0, failed: 0 });
  });

  it('timers run between the tiles of a picture, so that it can be given up', async () => {
    let tiles = 0;
    const slow = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'slow' },
      outputShape: (input) => input,
      kernel: () => (x) => {
        for (const end = performance.now() + 5; performance.now() < end;);
        tiles++;
        return tf.add(x, 0);
      },
    });
    const model = await modelOf(pipeline({ name: 'slow', inputShape: [1, 16, 16, 3] }, slow));
    await leakFree(async () => {
      const subscription = sourceOf([noise(300, 300)])
        .pipe(repaint(model))
        .subscribe();
      await new Promise((done) => setTimeout(done, 100));
      subscription.unsubscribe();
      await new Promise((done) => setTimeout(done, 20));
    });
    // Of 625 tiles.
    expect(tiles).toBeLessThan(100);
  });

  it('taking one frame of many frees the others', async () => {
    const model = await modelOf(identity());
    const source = sourceOf([good, good, good], { maxInFlight: 3 });
    await leakFree(() => run(source.pipe(repaint(model), take(1))));
    closedAccount(source);
  });

  it('a frame that is no picture fails', async () => {
    const model = await modelOf(identity());
    const source = sourceOf([{ width: 2, height: 2, channels: 3, data: new Uint8Array(3) }, good], { onError: 'skip' });
    const { values } = await run(
      source.pipe(
        repaint(model),
        map((f) => f.label.seq),
      ),
    );
    expect(values).toEqual([1]);
  });

  it('a picture that would be too large fails', async () => {
    const large = await modelOf(pipeline({ name: 'large', inputShape: [1, 4, 4, 3] }, upsample({ size: 64 })), 4);
    const { error } = await run(sourceOf([noise(300, 1)]).pipe(repaint(large)));
    expect(String(error)).toMatch('the picture would have 19200 × 64 pixels, over 16384 on a side');
  });

  it('names wrong options, models and networks', async () => {
    const model = await modelOf(identity());
    const refused = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
        return (error as Error).message;
      }
      return 'nothing';
    };
    expect(refused(() => repaint(model, { tile: { size: 0 } }))).toMatch(
      'repaint: tile.size must be a whole number of at least 1',
    );
    expect(refused(() => repaint(model, { tile: { size: [4, 2.5] } }))).toMatch('tile.size must be');
    expect(refused(() => repaint(model, { tile: { overlap: -1 } }))).toMatch(
      'repaint: tile.overlap must be a whole number of at least 0',
    );
    expect(refused(() => repaint(model, { tile: { size: 20, overlap: 11 } }))).toMatch(
      "at most half of the tile's size, 10 of 20 × 20 pixels, not 11",
    );
    expect(refused(() => repaint(model, { tile: { sise: 4 } as never }))).toMatch('did you mean size');
    expect(refused(() => repaint(model, { tile: 4 as never }))).toMatch('repaint: tile');
    expect(refused(() => repaint(model.pipeline as never))).toMatch('repaint needs a model');
    const classes = { ...model, task: classification() };
    expect(refused(() => repaint(classes as never))).toMatch(
      'repaint needs a model whose task is picture, but the task of identity is classification',
    );

    const valid = conv2d({ filters: 3, kernelSize: 3, seed: 1 });
    const smaller = await modelOf(pipeline({ name: 'smaller', inputShape: [1, 16, 16, 3] }, valid));
    expect(refused(() => repaint(smaller))).toMatch('smaller makes a width of 14 of 16 pixels');
    const fixed = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'fixed' },
      outputShape: () => [1, 16, 16, 3],
      kernel: () => (x) => tf.add(x, 0),
    });
    const turned = await modelOf(pipeline({ name: 'fixed', inputShape: [1, 16, 16, 3] }, fixed));
    expect(refused(() => repaint(turned, { tile: { size: 24 } }))).toMatch('fixed makes a width of 16 of 24 pixels');
    const row = reshape({ shape: [16, 16, 3] });
    const rows = await modelOf(pipeline({ name: 'rows', inputShape: [1, 16, 16, 3] }, flatten(), row as never));
    expect(refused(() => repaint(rows, { tile: { size: 24 } }))).toMatch(
      "repaint: rows can't paint tiles of 24 × 24 pixels",
    );
  });
});

/** The largest difference of two pictures. */
function worst(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}
