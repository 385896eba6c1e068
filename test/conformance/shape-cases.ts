import { activation, concatenate, graph, softmax, transpose, type AnyStage } from 'sluice';
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

/** The stages that move values without computing. */
export const SHAPE_CASES: readonly Case[] = [...transposes, ...softmaxes, ...concatenations];
