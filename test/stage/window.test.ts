import * as fc from 'fast-check';
import { backend_util } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { avgPool, conv2d, depthwiseConv2d, maxPool, OptionError, ShapeError, type Padding } from 'sluice';
import {
  explicitPadding,
  transposedOutput,
  transposedOutputSize,
  windowOutput,
  windowOutputSize,
  type Window,
} from '../../src/stage/window.ts';

const sizes = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));

const pads = fc.nat({ max: 4 });

const anyPadding: fc.Arbitrary<Padding> = fc.oneof(
  fc.constantFrom('valid' as const, 'same' as const),
  pads,
  fc.tuple(fc.tuple(pads, pads), fc.tuple(pads, pads)),
);

const anyWindow: fc.Arbitrary<Window> = fc.record({
  size: sizes(6),
  strides: sizes(5),
  padding: anyPadding,
  dilationRate: sizes(4),
});

const picture = fc.tuple(fc.integer({ min: 1, max: 3 }), ...[16, 16, 5].map((max) => fc.integer({ min: 1, max })));

/** Both ends of a padding, as tfjs takes explicit ones. */
function explicit(given: Padding): 'valid' | 'same' | [number, number][] {
  if (typeof given === 'string') return given;
  const sides =
    typeof given === 'number'
      ? [
          [given, given],
          [given, given],
        ]
      : given;
  return [[0, 0], ...sides.map(([before = 0, after = 0]): [number, number] => [before, after]), [0, 0]];
}

/** How often a window can be laid into a row of pixels, by laying it. */
function laidOut(input: number, reach: number, stride: number, edges: 'same' | readonly [number, number]): number {
  let places = 0;
  if (edges === 'same') {
    for (let at = 0; at < input; at += stride) places++;
    return places;
  }
  for (let at = -edges[0]; at + reach <= input + edges[1]; at += stride) places++;
  return places;
}

/** What `windowOutput` should give; a side below 1 means that it must throw. */
function expected([, height = 0, width = 0]: readonly number[], window: Window): [number, number] {
  const side = (i: 0 | 1, input: number) => {
    const reach = window.dilationRate[i] * (window.size[i] - 1) + 1;
    return laidOut(input, reach, window.strides[i], ends(window.padding, i));
  };
  return [side(0, height), side(1, width)];
}

function ends(given: Padding, i: 0 | 1): 'same' | readonly [number, number] {
  if (given === 'same') return given;
  if (given === 'valid') return [0, 0];
  return typeof given === 'number' ? [given, given] : given[i];
}

const RUNS = { numRuns: 500 };

describe('windowOutput', () => {
  test('counts the places of a window that is laid out pixel by pixel, or throws where there are none', () => {
    let [fits, misfits] = [0, 0];
    fc.assert(
      fc.property(picture, anyWindow, (input, w) => {
        const wanted = expected(input, w);
        if (wanted.every((size) => size >= 1)) {
          fits++;
          expect(windowOutput(input, w)).toEqual(wanted);
        } else {
          misfits++;
          expect(() => windowOutput(input, w)).toThrow(ShapeError);
        }
      }),
      RUNS,
    );
    expect(fits).toBeGreaterThan(100);
    expect(misfits).toBeGreaterThan(20);
  });

  test('agrees with the formula ⌊(i + p − d(k − 1) − 1) / s⌋ + 1', () => {
    // Rows of Dumoulin & Visin's figures: no padding, unit strides; half padding; full padding; strides; both; dilation.
    expect(windowOutputSize(4, 3, 1, 'valid')).toBe(2);
    expect(windowOutputSize(5, 3, 1, 2)).toBe(5);
    expect(windowOutputSize(5, 3, 1, 4)).toBe(7);
    expect(windowOutputSize(5, 3, 2, 'valid')).toBe(2);
    expect(windowOutputSize(5, 3, 2, 2)).toBe(3);
    expect(windowOutputSize(6, 3, 2, 2)).toBe(3);
    expect(windowOutputSize(7, 3, 1, 'valid', 2)).toBe(3);
  });

  test('gives the textbook’s sizes', () => {
    const w = (k: number, p: Padding): Window => ({ size: [k, k], strides: [1, 1], padding: p, dilationRate: [1, 1] });
    expect(windowOutput([1, 6, 6, 1], w(3, 'valid'))).toEqual([4, 4]);
    expect(windowOutput([1, 32, 32, 3], w(5, 'valid'))).toEqual([28, 28]);
    expect(windowOutput([1, 4, 4, 1], w(2, 2))).toEqual([7, 7]);
    expect(windowOutput([1, 224, 224, 3], { ...w(3, 'same'), strides: [2, 2] })).toEqual([112, 112]);
  });

  test('names side, kernel, dilation and padding of what does not fit', () => {
    const w: Window = {
      size: [3, 2],
      strides: [1, 1],
      padding: [
        [1, 0],
        [0, 0],
      ],
      dilationRate: [3, 1],
    };
    expect(() => windowOutput([1, 5, 9, 1], w)).toThrow(
      'has a window of height 7 (kernel 3, dilation 3) that does not fit into 5 (padding [[1,0],[0,0]]) of input [1, 5, 9, 1]: ' +
        'use a smaller kernel or dilation, more padding, or a larger input',
    );
  });
});

describe('explicitPadding', () => {
  test('is tfjs’s for every padding', () => {
    fc.assert(
      fc.property(picture, anyWindow, (input, w) => {
        if (expected(input, w).some((side) => side < 1)) return;
        const { padInfo } = backend_util.computeConv2DInfo(
          input as [number, number, number, number],
          [...w.size, input[3] ?? 0, 1],
          [...w.strides],
          [...w.dilationRate],
          explicit(w.padding) as 'same',
          'floor',
        );
        const { top, bottom, left, right } = padInfo;
        expect(explicitPadding(input, w)).toEqual([
          [top, bottom],
          [left, right],
        ]);
      }),
      RUNS,
    );
  });
});

describe('transposedOutput', () => {
  test('agrees with the formula s(i − 1) + d(k − 1) + 1 − p + outputPadding', () => {
    // Rows of Dumoulin & Visin's figures 4.1 to 4.7: what the convolution's figures of the same arguments took away.
    expect(transposedOutputSize(2, 3, 1, 'valid')).toBe(4);
    expect(transposedOutputSize(6, 4, 1, 4)).toBe(5);
    expect(transposedOutputSize(5, 3, 1, 2)).toBe(5);
    expect(transposedOutputSize(7, 3, 1, 4)).toBe(5);
    expect(transposedOutputSize(2, 3, 2, 'valid')).toBe(5);
    expect(transposedOutputSize(3, 3, 2, 2)).toBe(5);
    expect(transposedOutputSize(3, 3, 2, 2, 1, 1)).toBe(6);
    expect(transposedOutputSize(3, 3, 1, 'valid', 2)).toBe(7);
    expect(transposedOutputSize(7, 4, 3, 'same')).toBe(21);
  });

  test('undoes windowOutput, the remainder given as outputPadding; or throws', () => {
    let [fits, misfits] = [0, 0];
    fc.assert(
      fc.property(picture, anyWindow, (input, w) => {
        if (w.padding === 'same' || expected(input, w).some((side) => side < 1)) return;
        const [height, width] = windowOutput(input, w);
        const rest = ([0, 1] as const).map((i) => {
          const pad = explicitPadding(input, w)[i];
          const reach = w.dilationRate[i] * (w.size[i] - 1) + 1;
          return ((input[i + 1] ?? 0) + pad[0] + pad[1] - reach) % w.strides[i];
        }) as [number, number];
        fits++;
        expect(transposedOutput([1, height, width, 1], w, rest)).toEqual([input[1], input[2]]);
        const tooMuch = {
          ...w,
          padding: [
            [99, 99],
            [0, 0],
          ] as const,
        };
        misfits++;
        expect(() => transposedOutput([1, 1, 1, 1], tooMuch, [0, 0])).toThrow(/from a height of .* use less padding/);
      }),
      RUNS,
    );
    expect(Math.min(fits, misfits)).toBeGreaterThan(100);
  });
});

describe('the stages’ output shapes are tfjs’s', () => {
  test('conv2d and depthwiseConv2d', () => {
    fc.assert(
      fc.property(picture, anyWindow, fc.integer({ min: 1, max: 4 }), (input, w, n) => {
        const options = { kernelSize: w.size, strides: w.strides, padding: w.padding, dilationRate: w.dilationRate };
        const conv = conv2d({ ...options, filters: n });
        const depthwise = depthwiseConv2d({ ...options, depthMultiplier: n });
        if (expected(input, w).some((size) => size < 1)) {
          for (const stage of [conv, depthwise]) expect(() => stage.outputShape(input)).toThrow(ShapeError);
          return;
        }
        const of = (deep: boolean) =>
          backend_util.computeConv2DInfo(
            input as [number, number, number, number],
            [...w.size, input[3] ?? 0, n],
            [...w.strides],
            [...w.dilationRate],
            explicit(w.padding) as 'same',
            'floor',
            deep,
          ).outShape;
        expect(conv.outputShape(input)).toEqual(of(false));
        expect(depthwise.outputShape(input)).toEqual(of(true));
      }),
      RUNS,
    );
  });

  test('maxPool and avgPool', () => {
    fc.assert(
      fc.property(picture, anyWindow, (input, { size, strides, padding }) => {
        const make = [maxPool, avgPool].map((pool) => () => pool({ poolSize: size, strides, padding }));
        const sides = explicit(padding);
        if (typeof sides !== 'string' && [0, 1].some((i) => Math.max(...(sides[i + 1] ?? [])) >= (size[i] ?? 0))) {
          for (const pool of make) expect(pool).toThrow(OptionError);
          return;
        }
        const w: Window = { size, strides, padding, dilationRate: [1, 1] };
        if (expected(input, w).some((side) => side < 1)) {
          for (const pool of make) expect(() => pool().outputShape(input)).toThrow(ShapeError);
          return;
        }
        const { outShape } = backend_util.computePool2DInfo(
          input as [number, number, number, number],
          [...size],
          [...strides],
          1,
          sides as 'same',
          'floor',
        );
        for (const pool of make) expect(pool().outputShape(input)).toEqual(outShape);
      }),
      RUNS,
    );
  });
});
