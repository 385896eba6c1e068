import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { graphModel, importModel, layersModel, useEngine } from 'sluice';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { computed, expectClose, randomGrid } from '../support/compute.ts';
import type { Grid } from '../support/reference.ts';

// What only a browser has: IndexedDB, and files as they are dropped.

beforeAll(async () => {
  await useEngine('webgl');
});

afterEach(async () => {
  for (const url of Object.keys(await tf.io.listModels())) await tf.io.removeModel(url);
});

const small = () =>
  tl.sequential({
    name: 'small',
    layers: [
      tl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 3] }),
      tl.layers.flatten(),
      tl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });

async function predicted(model: tl.LayersModel, { shape, data }: Grid): Promise<Grid> {
  const x = tf.tensor([...data], [...shape]);
  const y = model.predict(x) as tf.Tensor;
  const result = { shape: y.shape, data: Array.from(await y.data()) };
  tf.dispose([x, y]);
  return result;
}

it('reads what tfjs-layers saved in IndexedDB', async () => {
  const model = small();
  await model.save('indexeddb://My-Model/1');
  const input = randomGrid([1, 6, 6, 3]);
  const expected = await predicted(model, input);
  const net = await layersModel(new URL('indexeddb://My-Model/1'));
  expectClose(await computed(net, input), expected);
  expect((await importModel(new URL('indexeddb://My-Model/1'), { normalize: { range: [0, 1] } })).labels).toEqual([
    'class 0',
    'class 1',
  ]);
  await expect(graphModel(new URL('indexeddb://My-Model/1'))).rejects.toMatchObject({
    code: 'weights',
    message: expect.stringContaining('is a layers model') as unknown,
  });
  model.dispose();
});

it('names a model that IndexedDB does not have, and makes no database for it', async () => {
  await new Promise((resolve) => indexedDB.deleteDatabase('tensorflowjs').addEventListener('success', resolve));
  await expect(layersModel(new URL('indexeddb://nothing'))).rejects.toMatchObject({
    code: 'weights',
    message: "there is no indexeddb://nothing: save it with model.save('indexeddb://nothing') first",
  });
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('tensorflowjs');
  // An empty database of another's making is no reason to hang, either.
  await new Promise((resolve) =>
    indexedDB.open('tensorflowjs').addEventListener('success', ({ target }) => {
      (target as IDBOpenDBRequest).result.close();
      resolve(undefined);
    }),
  );
  await expect(layersModel(new URL('indexeddb://nothing'))).rejects.toMatchObject({ code: 'weights' });
  await new Promise((resolve) => indexedDB.deleteDatabase('tensorflowjs').addEventListener('success', resolve));
});

it('reads files as a page gets them', async () => {
  const model = small();
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  const { weightData, weightSpecs, ...rest } = saved as tf.io.ModelArtifacts;
  const json = { ...rest, weightsManifest: [{ paths: ['./w.bin'.slice(2)], weights: weightSpecs }] };
  const dropped = new DataTransfer();
  dropped.items.add(new File([JSON.stringify(json)], 'model.json'));
  dropped.items.add(new File([weightData as ArrayBuffer], 'w.bin'));
  dropped.items.add(new File(['{"labels":["cat","dog"]}'], 'metadata.json'));
  const { pipeline: net, labels } = await importModel([...dropped.files]);
  const input = randomGrid([1, 6, 6, 3]);
  expectClose(await computed(net, input), await predicted(model, input));
  expect(labels).toEqual(['cat', 'dog']);
  model.dispose();
});
