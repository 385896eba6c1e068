import { lastValueFrom, map } from 'rxjs';
import { importModel, OptionError, picture, repaint, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { leakFree } from '../../support/balance.ts';
import { dataOf, noise, sourceOf } from './pictures.ts';

beforeAll(() => useEngine('wasm'));

const float = { type: 'DT_FLOAT' };
const input = (name: string, ...sizes: number[]) => ({
  name,
  op: 'Placeholder',
  input: [],
  attr: { dtype: float, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } },
});

/** A graph model with the two inputs of a style transformer: a picture of any size, and the vector of a style. */
function transformer(): File[] {
  const graph = {
    format: 'graph-model',
    modelTopology: {
      versions: { producer: 1, minConsumer: 1 },
      library: {},
      node: [
        input('picture', -1, -1, -1, 3),
        input('style', -1, 1, 1, 3),
        { name: 'coloured', op: 'Mul', input: ['picture', 'style'], attr: { T: float } },
        { name: 'stylized', op: 'Identity', input: ['coloured'], attr: { T: float } },
      ],
    },
    weightsManifest: [],
  };
  return [new File([JSON.stringify(graph)], 'model.json')];
}

const options = {
  input: 'picture',
  inputShape: [1, 24, 32, 3],
  normalize: { range: [0, 1] },
  task: picture({ range: [0, 1] }),
} as const;

describe('a network with two inputs, a picture and the vector of a style', () => {
  it('is read with the vector as a constant, and paints pictures of any size', async () => {
    const style = [[[[1, 0.5, 0]]]];
    const model = await importModel(transformer(), { ...options, constants: { style } });
    expect([model.preprocess.width, model.preprocess.height]).toEqual([32, 24]);
    const given = noise(50, 30);
    const { width, height, data } = await leakFree(() =>
      lastValueFrom(sourceOf([given]).pipe(repaint(model, { tile: { overlap: 4 } }), map(dataOf))),
    );
    expect([width, height]).toEqual([50, 30]);
    const worst = data.reduce((most, value, i) => {
      const wanted = (given.data[i] ?? NaN) * (style[0]?.[0]?.[0]?.[i % 3] ?? NaN);
      return Math.max(most, Math.abs(value - wanted));
    }, 0);
    expect(worst).toBeLessThanOrEqual(0.5001);
  });

  it('needs the vector', async () => {
    await expect(importModel(transformer(), options)).rejects.toThrow('also takes style: give constants');
  });

  it('is made for one size, as any graph model: another tile is refused', async () => {
    const model = await importModel(transformer(), { ...options, constants: { style: [[[[1, 1, 1]]]] } });
    expect(() => repaint(model, { tile: { size: 16 } })).toThrow(OptionError);
    expect(() => repaint(model, { tile: { size: 16 } })).toThrow(
      "can't paint tiles of 16 × 16 pixels: graphModel takes [1, 24, 32, 3], but got [1, 16, 16, 3]",
    );
  });
});
