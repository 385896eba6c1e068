import * as fc from 'fast-check';
import {
  avgPool,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  l2Pool,
  maxPool,
  OptionError,
  ShapeError,
  type AnyStage,
  type Padding,
} from 'sluice';
import {
  referenceDepthwise,
  referenceGrouped,
  referenceL2,
  referencePool,
  referenceTranspose,
  type Grid,
  type ReferenceWindow,
} from '../support/reference.ts';
import { randomGrid } from './grids.ts';

/** Something to ask of a stage, and what the nested loops of the reference say: numbers, or that it can't be. */
export interface Draw {
  readonly make: () => AnyStage;
  readonly x: Grid;
  readonly weights?: Readonly<Record<string, Grid>>;
  readonly expected: () => Grid | typeof OptionError | typeof ShapeError;
}

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

/** A picture in nested loops has no size below 1. */
const sized = (grid: Grid): Grid | typeof ShapeError => (grid.shape.every((size) => size >= 1) ? grid : ShapeError);

const rarely = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1);

const convolutions = fc
  .tuple(pictures, windows, fc.tuple(upTo(4), upTo(3), upTo(3), rarely, rarely), spoilt(...WINDOW, 'filters', 'groups'))
  .map(([[b, h, w], window, [groups, depth, each, more, odd], junk]): Draw => {
    const [channels, filters] = [groups * depth + odd, groups * each + more];
    const x = randomGrid([b, h, w, channels]);
    const kernel = randomGrid([...window.size, Math.floor(channels / groups), filters], 2);
    const bias = randomGrid([filters], 3);
    return {
      x,
      weights: { kernel, bias },
      make: () => conv2d({ filters, groups, ...told(window), ...wrong(junk) }),
      expected: () => {
        if (junk || filters % groups !== 0) return OptionError;
        return channels % groups ? ShapeError : sized(referenceGrouped(x, kernel, bias.data, window, groups));
      },
    };
  });

const depthwise = fc
  .tuple(pictures, windows, upTo(3), spoilt(...WINDOW, 'depthMultiplier'))
  .map(([shape, window, depthMultiplier, junk]): Draw => {
    const x = randomGrid(shape);
    const kernel = randomGrid([...window.size, shape[3], depthMultiplier], 2);
    const bias = randomGrid([shape[3] * depthMultiplier], 3);
    return {
      x,
      weights: { kernel, bias },
      make: () => depthwiseConv2d({ depthMultiplier, ...told(window), ...wrong(junk) }),
      expected: () => (junk ? OptionError : sized(referenceDepthwise(x, kernel, bias.data, window))),
    };
  });

const transposed = fc
  .tuple(pictures, windows, upTo(4), both(upTo(3, 0)), spoilt(...WINDOW, 'filters', 'outputPadding'))
  .map(([shape, window, filters, drawn, junk]): Draw => {
    const most = ([0, 1] as const).map((i) => Math.max(window.strides[i], window.dilation[i]));
    const outputPadding: [number, number] = window.padding === 'same' ? [0, 0] : drawn;
    const x = randomGrid([shape[0], Math.min(shape[1], 5), Math.min(shape[2], 5), shape[3]]);
    const kernel = randomGrid([...window.size, filters, shape[3]], 2);
    const bias = randomGrid([filters], 3);
    return {
      x,
      weights: { kernel, bias },
      make: () => conv2dTranspose({ filters, outputPadding, ...told(window), ...wrong(junk) }),
      expected: () => {
        if (junk || outputPadding.some((value, i) => value > 0 && value >= (most[i] ?? 0))) return OptionError;
        return sized(referenceTranspose(x, kernel, bias.data, window, outputPadding));
      },
    };
  });

const POOLS = fc.constantFrom('max' as const, 'avg' as const, 'l2' as const, 'l2 mean' as const);

const pools = fc
  .tuple(pictures, windows, POOLS, spoilt('poolSize', 'strides', 'padding'))
  .map(([shape, drawn, kind, junk]): Draw => {
    const window: ReferenceWindow = { ...drawn, dilation: [1, 1] };
    const x = randomGrid(shape);
    const { size, strides, padding } = window;
    const sides = typeof padding === 'string' ? [] : typeof padding === 'number' ? [[padding], [padding]] : padding;
    const options = { poolSize: size, strides, padding, ...wrong(junk) } as never as Parameters<typeof maxPool>[0];
    return {
      x,
      make: () => {
        if (kind === 'max') return maxPool(options);
        return kind === 'avg' ? avgPool(options) : l2Pool({ ...options, mean: kind === 'l2 mean' });
      },
      expected: () => {
        if (junk || sides.some((side, i) => Math.max(...side) >= (size[i] ?? 0))) return OptionError;
        if (kind === 'max' || kind === 'avg') return sized(referencePool(kind, x, window));
        return sized(referenceL2(x, window, kind === 'l2 mean'));
      },
    };
  });

/** What is drawn, by the stages it is asked of. */
export const DRAWS: Readonly<Record<string, fc.Arbitrary<Draw>>> = {
  'conv2d, in groups and whole': convolutions,
  depthwiseConv2d: depthwise,
  conv2dTranspose: transposed,
  'maxPool, avgPool and l2Pool': pools,
};
