import { importModel, useEngine, type Embedding } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import { Labeller } from '../../src/batch/labeller.ts';
import type { FilePart } from '../../src/batch/file-part.ts';
import type { LabelOptions } from '../../src/batch/label-options.ts';
import { graphOf } from '../models/graph/looping-graph.ts';
import { tiny } from '../support/sluice.ts';

const T = { T: { type: 'DT_FLOAT' } };
const placeholder = (name: string, ...sizes: number[]) => ({
  ...{ name, op: 'Placeholder' },
  attr: { dtype: T.T, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } },
});

/** Counts the frames, and gives the number as a vector of three. */
const counting = () =>
  graphOf(
    [
      placeholder('picture', 1, 8, 8, 3),
      placeholder('before', 1, 1),
      { name: 'after', op: 'AddV2', input: ['before', 'one'], attr: T },
      { name: 'mean', op: 'Mean', input: ['picture', 'axes'], attr: { ...T, keep_dims: { b: false } } },
      { name: 'dark', op: 'Mul', input: ['mean', 'zero'], attr: T },
      { name: 'count', op: 'AddV2', input: ['dark', 'before'], attr: T },
    ],
    {
      one: { shape: [], data: [1] },
      zero: { shape: [], data: [0] },
      axes: { shape: [2], data: [1, 2], dtype: 'int32' },
    },
  );

beforeAll(async () => void (await useEngine('cpu')));

const load = () =>
  importModel(counting(), {
    ...{ input: 'picture', constants: { x: 0 }, output: 'count', state: { before: 'after' } },
    ...{ inputShape: [1, 8, 8, 3], normalize: { range: [0, 1] }, outputKind: 'vector' },
  });

it('a model that keeps a state begins anew with each part of a file', async () => {
  const model = await load();
  const options: LabelOptions = { model: 'counting', engine: 'cpu', taskOptions: {} };
  const labeller = new Labeller(model, options, 1);
  const counts = async (part: Partial<FilePart>): Promise<number[]> => {
    const given: number[] = [];
    const onResult = (result: object) => void given.push((result as Embedding).vector[0] ?? NaN);
    const whole: FilePart = { file: 0, part: 0, source: tiny(), firstSeq: 0 };
    await labeller.label({ ...whole, ...part }, { maxPixels: 1e6 }, { onFrame: () => undefined, onResult });
    return given;
  };
  expect(await counts({ end: 500_000 })).toEqual([0, 1, 2, 3, 4]);
  expect(await counts({ part: 1, start: 500_000, firstSeq: 5 })).toEqual([0, 1, 2, 3, 4]);
});

it('frames can not be left out where a model keeps a state', async () => {
  const model = await load();
  const options: LabelOptions = { model: 'counting', engine: 'cpu', taskOptions: {}, skipStill: 8 };
  expect(() => new Labeller(model, options, 1)).toThrow(
    /skipStill \(--skip-still\) leaves out frames, but .* takes a state/,
  );
});
