import { importModel, layersModel, useEngine } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import expectedOutputs from '../data/keras/expected.json' with { type: 'json' };
import { computed, expectClose } from '../support/compute.ts';

// A browser reads the same files as Node, with its own build of what unpacks them.

beforeAll(() => useEngine('cpu'));

const at = (name: string) => new URL(`../data/keras/${name}`, import.meta.url);

it.each(['sequential-packed.h5', 'two-blocks-keras2.13.keras'] as const)('%s', async (name) => {
  const { input, shape, output } = expectedOutputs[name];
  const net = await layersModel(at(name));
  expectClose(await computed(net, { shape: [1, ...shape], data: input }), { shape: [1, 3], data: output });
});

it('a dropped Keras export of Teachable Machine', async () => {
  const dropped = new DataTransfer();
  for (const url of [
    new URL('../data/keras/teachable/keras_model.h5', import.meta.url),
    new URL('../data/keras/teachable/labels.txt', import.meta.url),
  ]) {
    const bytes = await (await fetch(url)).arrayBuffer();
    dropped.items.add(new File([bytes], url.pathname.split('/').at(-1) ?? ''));
  }
  const { labels, preprocess } = await importModel([...dropped.files]);
  expect(labels).toEqual(['red squirrel', 'cat']);
  expect(preprocess).toMatchObject({ range: [-1, 1] });
});
