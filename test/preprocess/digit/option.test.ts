import { describe, expect, it } from 'vitest';
import {
  classification,
  dense,
  flatten,
  fromSpec,
  OptionError,
  pipeline,
  preprocess,
  readModel,
  resize,
  softmax,
  writeModel,
  type Fit,
  type Spec,
} from 'sluice';
import { resizeKey } from '../../../src/preprocess/fit.ts';
import { checkResize } from '../../../src/sources/check-resize.ts';

const DIGIT = { width: 28, height: 28, fit: 'digit', channels: 1, range: [0, 1] } as const;

describe('fit: digit', () => {
  it('is in the spec of a stage, and comes back from it', () => {
    const { spec } = preprocess(DIGIT);
    expect(spec).toMatchObject({ op: 'preprocess', width: 28, height: 28, fit: 'digit', channels: 1 });
    expect(fromSpec(JSON.parse(JSON.stringify(spec)) as Spec).spec).toEqual(spec);
    const { spec: resized } = resize({ width: 28, height: 28, fit: 'digit' });
    expect(fromSpec(JSON.parse(JSON.stringify(resized)) as Spec).spec).toEqual(resized);
  });

  it('is stored with a model', () => {
    const net = pipeline(
      { name: 'digits', inputShape: [1, 28, 28, 1] },
      flatten(),
      dense({ units: 2, seed: 1 }),
      softmax(),
    );
    const model = { name: 'digits', pipeline: net, preprocess: DIGIT, task: classification(), labels: ['a', 'b'] };
    expect(readModel(writeModel(model), 'digits.safetensors').preprocess).toEqual(DIGIT);
  });

  it('takes pictures of all sizes, and says the shape of its output', () => {
    for (const shape of [
      [1, 1, 1, 3],
      [1, 3000, 4000, 4],
    ]) {
      expect(preprocess(DIGIT).outputShape(shape)).toEqual([1, 28, 28, 1]);
      expect(resize({ width: 32, height: 20, fit: 'digit' }).outputShape(shape)).toEqual([1, 20, 32, 3]);
    }
  });

  it('is an option of sources', () => {
    expect(checkResize(DIGIT)).toMatchObject({ fit: 'digit' });
  });

  it('is not the same as another fit', () => {
    const size = { width: 28, height: 28 };
    const keys = (['cover', 'contain', 'fill', 'digit'] as const).map((fit) => resizeKey({ ...size, fit }));
    expect(new Set(keys).size).toBe(4);
  });

  it.each(['digits', 'Digit', '', null, 0])('%j is no fit', (fit) => {
    expect(() => resize({ width: 8, height: 8, fit: fit as Fit })).toThrow(OptionError);
    expect(() => resize({ width: 8, height: 8, fit: fit as Fit })).toThrow(
      'fit must be one of cover, contain, fill, digit',
    );
  });
});
