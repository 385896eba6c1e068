import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  avgPool,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  l2Pool,
  maxPool,
  OptionError,
  ShapeError,
  useEngine,
  type AnyStage,
  type Padding,
} from 'sluice';
import { compute, ENGINES, expectClose } from '../compute.ts';
import {
  referenceDepthwise,
  referenceGrouped,
  referenceL2,
  referencePool,
  referenceTranspose,
  type Grid,
  type ReferenceWindow,
} from '../reference.ts';
import { asWeight, randomGrid } from './grids.ts';

/** `FUZZ_SEED=… npx vitest run test/conformance/fuzz.test.ts` draws the same again. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** For each of four families on each of two engines. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1000);
/** Sums of up to 5 · 5 · 12 products of numbers under 1, so of about 10 in size, in single precision. */
const TOLERANCE = 2e-5;

const upTo = (max: number, min = 1) => fc.integer({ min, max });
const both = (one: fc.Arbitrary<number>) => fc.tuple(one, one);
const pads = upTo(3, 0);
const paddings: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const),
  pads,
  fc.tuple(both(pads), both(pads)),
);
const windows: fc.Arbitrary<ReferenceWindow> = fc.record({
  size: both(upTo(5)),
  strides: both(upTo(4)),
  padding: paddings,
  dilation: both(upTo(3)),
});
const pictures = fc.tuple(upTo(2), upTo(9), upTo(9), upTo(4));
/** Most often nothing, else one of the stage's arguments with a value that none can take. */
const spoilt = (...names: readonly string[]) =>
  fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 9 },
    {
      arbitrary: fc.tuple(
        fc.constantFrom(...names),
        fc.constantFrom<unknown>(
          -1,
          1.5,
          NaN,
          Infinity,
          '3',
          [1],
          [2, -1],
          [1, 2, 3],
          {},
          'full',
          [[1, 1]],
          [
            [0, 0],
            [0, -1],
          ],
          true,
        ),
      ),
      weight: 1,
    },
  );
const wrong = (junk: readonly [string, unknown] | undefined) => (junk ? { [junk[0]]: junk[1] } : {});
const WINDOW = ['kernelSize', 'strides', 'dilationRate', 'padding'];

const told = ({ size, strides, padding, dilation }: ReferenceWindow) => ({
  kernelSize: size,
  strides,
  padding,
  dilationRate: dilation,
});

/** Counts what was drawn, and holds a draw to what the reference says: its numbers, or an error of that class. */
class Draws {
  right = 0;
  refused = 0;

  check(
    make: () => AnyStage,
    x: Grid,
    expected: () => Grid | typeof OptionError | typeof ShapeError,
    weights: Record<string, Grid> = {},
  ): void {
    const wanted = expected();
    if (typeof wanted === 'function') {
      this.refused++;
      const attempt = () => make().outputShape(x.shape);
      expect(attempt).toThrow(wanted);
      return;
    }
    this.right++;
    const given = Object.fromEntries(Object.entries(weights).map(([name, grid]) => [name, asWeight(grid)]));
    expectClose(compute(make() as never, x, given), wanted, TOLERANCE);
  }

  expectBoth(): void {
    expect(this.right, 'draws that are possible').toBeGreaterThan(RUNS / 4);
    expect(this.refused, 'draws that are impossible').toBeGreaterThan(RUNS / 10);
  }
}

/** A picture in nested loops has no size below 1. */
const sized = (grid: Grid): Grid | typeof ShapeError => (grid.shape.every((size) => size >= 1) ? grid : ShapeError);

describe.each(ENGINES)(`random windows on %s, seed ${seed}`, (engine) => {
  beforeAll(() => useEngine(engine));
  const run = <T>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: RUNS, seed });
  const slow = 120_000;

  test('conv2d, in groups and whole', { timeout: slow }, () => {
    const draws = new Draws();
    const rarely = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1);
    const parts = fc.tuple(upTo(4), upTo(3), upTo(3), rarely, rarely);
    run(
      fc.property(pictures, windows, parts, spoilt(...WINDOW, 'filters', 'groups'), ([b, h, w], window, draw, junk) => {
        const [groups, depth, each, more, odd] = draw;
        const [channels, filters] = [groups * depth + odd, groups * each + more];
        const x = randomGrid([b, h, w, channels]);
        const kernel = randomGrid([...window.size, Math.floor(channels / groups), filters], 2);
        const bias = randomGrid([filters], 3);
        const expected = () => {
          if (junk || filters % groups !== 0) return OptionError;
          return channels % groups ? ShapeError : sized(referenceGrouped(x, kernel, bias.data, window, groups));
        };
        const make = () => conv2d({ filters, groups, ...told(window), ...wrong(junk) }) as AnyStage;
        draws.check(make, x, expected, { kernel, bias });
      }),
    );
    draws.expectBoth();
  });

  test('depthwiseConv2d', { timeout: slow }, () => {
    const draws = new Draws();
    run(
      fc.property(
        pictures,
        windows,
        upTo(3),
        spoilt(...WINDOW, 'depthMultiplier'),
        (shape, window, depthMultiplier, junk) => {
          const x = randomGrid(shape);
          const kernel = randomGrid([...window.size, shape[3], depthMultiplier], 2);
          const bias = randomGrid([shape[3] * depthMultiplier], 3);
          const make = () => depthwiseConv2d({ depthMultiplier, ...told(window), ...wrong(junk) }) as AnyStage;
          draws.check(make, x, () => (junk ? OptionError : sized(referenceDepthwise(x, kernel, bias.data, window))), {
            kernel,
            bias,
          });
        },
      ),
    );
    draws.expectBoth();
  });

  test('conv2dTranspose', { timeout: slow }, () => {
    const draws = new Draws();
    const extra = both(upTo(3, 0));
    const more = fc.tuple(upTo(4), extra);
    run(
      fc.property(
        pictures,
        windows,
        more,
        spoilt(...WINDOW, 'filters', 'outputPadding'),
        (shape, window, draw, junk) => {
          const [filters, drawn] = draw;
          const most = ([0, 1] as const).map((i) => Math.max(window.strides[i], window.dilation[i]));
          const outputPadding: [number, number] = window.padding === 'same' ? [0, 0] : drawn;
          const x = randomGrid([shape[0], Math.min(shape[1], 5), Math.min(shape[2], 5), shape[3]]);
          const kernel = randomGrid([...window.size, filters, shape[3]], 2);
          const bias = randomGrid([filters], 3);
          const expected = () => {
            if (junk || outputPadding.some((value, i) => value > 0 && value >= (most[i] ?? 0))) return OptionError;
            return sized(referenceTranspose(x, kernel, bias.data, window, outputPadding));
          };
          const make = () => conv2dTranspose({ filters, outputPadding, ...told(window), ...wrong(junk) }) as AnyStage;
          draws.check(make, x, expected, { kernel, bias });
        },
      ),
    );
    draws.expectBoth();
  });

  test('maxPool, avgPool and l2Pool', { timeout: slow }, () => {
    const draws = new Draws();
    const kinds = fc.constantFrom('max' as const, 'avg' as const, 'l2' as const, 'l2 mean' as const);
    run(
      fc.property(pictures, windows, kinds, spoilt('poolSize', 'strides', 'padding'), (shape, drawn, kind, junk) => {
        const window: ReferenceWindow = { ...drawn, dilation: [1, 1] };
        const x = randomGrid(shape);
        const { size, strides, padding } = window;
        const sides = typeof padding === 'string' ? [] : typeof padding === 'number' ? [[padding], [padding]] : padding;
        const expected = () => {
          if (junk || sides.some((side, i) => Math.max(...side) >= (size[i] ?? 0))) return OptionError;
          if (kind === 'max' || kind === 'avg') return sized(referencePool(kind, x, window));
          return sized(referenceL2(x, window, kind === 'l2 mean'));
        };
        const make = (): AnyStage => {
          const options = { poolSize: size, strides, padding, ...wrong(junk) } as never as Parameters<
            typeof maxPool
          >[0];
          if (kind === 'max') return maxPool(options);
          return kind === 'avg' ? avgPool(options) : l2Pool({ ...options, mean: kind === 'l2 mean' });
        };
        draws.check(make, x, expected);
      }),
    );
    draws.expectBoth();
  });
});
