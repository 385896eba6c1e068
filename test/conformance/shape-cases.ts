import {
  activation,
  concatenate,
  conv2d,
  depthToSpace,
  graph,
  pad,
  pipeline,
  slice,
  softmax,
  transpose,
  type AnyStage,
} from 'sluice';
import { at, byIndex } from '../support/reference.ts';
import type { Case } from './case.ts';
import { randomGrid } from './grids.ts';

const picture = randomGrid([2, 4, 3, 5]);
const shown = (value: unknown) => JSON.stringify(value).replaceAll('"', '');

const transposes: Case[] = [
  ...[
    [1, 2, 3],
    [3, 1, 2],
    [2, 3, 1],
    [2, 1, 3],
    [1, 3, 2],
    [3, 2, 1],
  ].map((permutation): Case => {
    const shape = [2, ...permutation.map((d) => picture.shape[d] ?? 0)];
    return {
      op: 'transpose',
      name: shown(permutation),
      stage: transpose({ permutation }),
      input: picture,
      expected: byIndex(shape, (b, ...index) => {
        const from = [b, 0, 0, 0];
        permutation.forEach((d, i) => (from[d] = index[i] ?? 0));
        return at(picture, ...from);
      }),
    };
  }),
  {
    op: 'transpose',
    name: 'a row, which is a reshape',
    stage: transpose({ permutation: [2, 1] }),
    input: randomGrid([2, 1, 7]),
    expected: { shape: [2, 7, 1], data: randomGrid([2, 1, 7]).data },
  },
  {
    op: 'transpose',
    name: 'five dimensions',
    stage: transpose({ permutation: [1, 3, 2, 4] }),
    input: randomGrid([2, 2, 3, 4, 2]),
    expected: byIndex([2, 2, 4, 3, 2], (b = 0, i = 0, j = 0, k = 0, l = 0) =>
      at(randomGrid([2, 2, 3, 4, 2]), b, i, k, j, l),
    ),
  },
];

const softmaxes = ([1, 2, 3, -1, -2, -3] as const).map((axis): Case => {
  const along = axis < 0 ? 4 + axis : axis;
  const powers = byIndex(picture.shape, (...index) => Math.exp(at(picture, ...index) / 2));
  const size = picture.shape[along] ?? 0;
  return {
    op: 'softmax',
    name: `axis ${axis}`,
    stage: softmax({ axis, temperature: 2 }),
    input: picture,
    expected: byIndex(picture.shape, (...index) => {
      const all = Array.from({ length: size }, (_, i) => at(powers, ...index.with(along, i)));
      return at(powers, ...index) / all.reduce((a, b) => a + b, 0);
    }),
  };
});

const relu = activation('relu');
const concatenations = ([1, 2, 3, -2, -3] as const).flatMap((axis): Case[] => {
  const along = axis < 0 ? 4 + axis : axis;
  const size = picture.shape[along] ?? 0;
  const expected = byIndex(picture.shape.with(along, 2 * size), (...index) => {
    const i = index[along] ?? 0;
    return i < size ? at(picture, ...index) : Math.max(0, at(picture, ...index.with(along, i - size)));
  });
  const nodes = {
    r: { stage: relu as AnyStage, from: 'input' },
    c: { merge: 'concatenate', from: ['input', 'r'], axis },
  } as const;
  return [
    {
      op: 'concatenate',
      name: `axis ${axis}`,
      stage: concatenate({ axis }, activation('linear', { name: 'same' }), relu),
      input: picture,
      expected,
    },
    { op: 'graph', name: `concatenate, axis ${axis}`, stage: graph({ nodes, output: 'c' }), input: picture, expected },
  ];
});

/** Behind a convolution, so that ONNX's layout comes in. */
const identity = conv2d({
  filters: 5,
  kernelSize: 1,
  useBias: false,
  weights: { kernel: Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)) },
});
const behind = (stage: AnyStage) => pipeline(identity, stage as typeof identity) as AnyStage;

const SLICES = [
  { begin: [0, 0, 0], size: [-1, -1, -1] },
  { begin: [1, 0, 2], size: [2, 3, -1] },
  { begin: [0, 1, 0], size: [-1, 1, 3], strides: [2, 1, 2] },
  { begin: [3, 2, 4], size: [-1, -1, 2], strides: [-1, -2, -3] },
  { begin: [3, 0, 4], size: [2, 2, -1], strides: [-3, 2, -1] },
] as const;
const slices = SLICES.flatMap((told): Case[] => {
  const {
    begin,
    size,
    strides = [1, 1, 1],
  }: { begin: readonly number[]; size: readonly number[]; strides?: readonly number[] } = told;
  const taken = begin.map((first, i) => {
    const places: number[] = [];
    for (let place = first; place >= 0 && place < (picture.shape[i + 1] ?? 0); place += strides[i] ?? 1)
      places.push(place);
    return size[i] === -1 ? places : places.slice(0, size[i]);
  });
  const expected = byIndex([2, ...taken.map(({ length }) => length)], (b = 0, ...index) =>
    at(picture, b, ...index.map((place, i) => taken[i]?.[place] ?? NaN)),
  );
  const name = shown(told);
  return [
    { op: 'slice', name, stage: slice(told), input: picture, expected },
    {
      op: 'slice',
      name: `behind a convolution, ${name}`,
      stage: behind(slice(told)),
      input: picture,
      expected,
      onnx: true,
    },
  ];
});

const PADS = [
  {
    padding: [
      [1, 2],
      [0, 1],
      [0, 0],
    ],
  },
  {
    padding: [
      [1, 0],
      [2, 1],
      [0, 3],
    ],
    value: -1.5,
  },
  {
    padding: [
      [3, 1],
      [2, 2],
      [0, 0],
    ],
    mode: 'reflect',
  },
  {
    padding: [
      [0, 0],
      [1, 0],
      [4, 1],
    ],
    mode: 'reflect',
  },
  {
    padding: [
      [1, 3],
      [0, 5],
      [2, 0],
    ],
    mode: 'edge',
  },
  {
    padding: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    mode: 'edge',
  },
] as const;
const pads = PADS.flatMap((told): Case[] => {
  const { padding, mode = 'constant', value = 0 }: Parameters<typeof pad>[0] = told;
  const shape = picture.shape.map((size, i) => size + (padding[i - 1]?.[0] ?? 0) + (padding[i - 1]?.[1] ?? 0));
  const expected = byIndex(shape, (b = 0, ...index) => {
    const places = index.map((place, i) => {
      const [from, last] = [place - (padding[i]?.[0] ?? 0), (picture.shape[i + 1] ?? 1) - 1];
      if (from >= 0 && from <= last) return from;
      if (mode === 'constant') return -1;
      if (mode === 'edge') return from < 0 ? 0 : last;
      return from < 0 ? -from : 2 * last - from;
    });
    return places.includes(-1) ? value : at(picture, b, ...places);
  });
  const name = shown(told);
  return [
    { op: 'pad', name, stage: pad(told), input: picture, expected },
    {
      op: 'pad',
      name: `behind a convolution, ${name}`,
      stage: behind(pad(told)),
      input: picture,
      expected,
      onnx: true,
    },
  ];
});

const deep = randomGrid([2, 3, 2, 12]);
const spaces = (['DCR', 'CRD'] as const).flatMap((mode) =>
  [1, 2].map((n): Case => {
    const left = 12 / n ** 2;
    return {
      op: 'depthToSpace',
      name: `${mode}, blocks of ${n}`,
      stage: depthToSpace({ blockSize: n, mode }),
      input: deep,
      expected: byIndex([2, 3 * n, 2 * n, left], (b = 0, y = 0, x = 0, c = 0) => {
        const inBlock = (y % n) * n + (x % n);
        const channel = mode === 'DCR' ? inBlock * left + c : c * n ** 2 + inBlock;
        return at(deep, b, Math.floor(y / n), Math.floor(x / n), channel);
      }),
    };
  }),
);

/** The stages that move values without computing. */
export const SHAPE_CASES: readonly Case[] = [
  ...transposes,
  ...softmaxes,
  ...concatenations,
  ...slices,
  ...pads,
  ...spaces,
];
