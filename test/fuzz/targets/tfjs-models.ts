import * as tl from '@tensorflow/tfjs-layers';
import { graphModel, importModel, useEngine } from 'sluice';
import { inferOne } from 'sluice/node';
import { randomFrom } from '../../support/random.ts';
import { writtenGraph } from '../../models/graph/written-graph.ts';
import { asFiles, fillWeights, save } from '../../models/layers/saved.ts';
import { bytesOf, type Input } from '../input.ts';
import type { FuzzTarget } from '../target.ts';

/** A model of layers, as TensorFlow.js and Teachable Machine write it. */
export const layers: FuzzTarget = {
  async seeds() {
    await useEngine('cpu');
    const model = tl.sequential({
      layers: [
        tl.layers.conv2d({ inputShape: [8, 8, 3], filters: 2, kernelSize: 3, activation: 'relu' }),
        tl.layers.maxPooling2d({ poolSize: 2 }),
        tl.layers.flatten(),
        tl.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    fillWeights(model, randomFrom(1));
    const files = await inputOf(asFiles(await save(model)));
    const metadata = { tfjsVersion: '1.3.1', tmVersion: '2.4.7', labels: ['a', 'b', 'c'], imageSize: 8 };
    return [files, { ...files, 'metadata.json': bytesOf(JSON.stringify(metadata)) }];
  },
  async read(input) {
    await useEngine('cpu');
    const model = await importModel(filesOf(input));
    const { width, height } = model.preprocess;
    if (width * height > 64 * 64) return;
    await inferOne(model, { width: 2, height: 2, channels: 3, data: new Uint8Array(12) });
  },
};

/** A graph model, as the converter writes it. */
export const graphs: FuzzTarget = {
  seeds: async () => [await inputOf(writtenGraph())],
  async read(input) {
    await useEngine('cpu');
    await graphModel(filesOf(input), { inputShape: [1, 4, 4, 1] });
  },
};

async function inputOf(files: readonly File[]): Promise<Input> {
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())])),
  );
}

function filesOf(input: Input): File[] {
  return Object.entries(input).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
}
