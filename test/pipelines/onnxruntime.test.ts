import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, map } from 'rxjs';
import { frameSource, pipeline, useEngine, type AnyStage, type Shape, type Weight } from 'sluice';
import { alexnetPipeline } from 'sluice/pipelines/alexnet';
import { lenet5Pipeline } from 'sluice/pipelines/lenet5';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { mobilenetV2Pipeline } from 'sluice/pipelines/mobilenet-v2';
import { resnet50Pipeline } from 'sluice/pipelines/resnet50';
import { squeezenetPipeline } from 'sluice/pipelines/squeezenet';
import { vgg16Pipeline } from 'sluice/pipelines/vgg16';
import { describe, expect, test } from 'vitest';
import { randomGrid } from '../support/compute.ts';

interface Net extends AnyStage {
  readonly inputShape: Shape;
}

const NETWORKS: Readonly<Record<string, () => AnyStage | Promise<AnyStage>>> = {
  'mobilenet-v1, its own weights': async () => (await mobilenetV1()).pipeline,
  lenet5: () => made(lenet5Pipeline()),
  'alexnet, one tower': () => made(alexnetPipeline()),
  'alexnet, two groups': () => made(alexnetPipeline({ groups: 2 })),
  'mobilenet-v2': () => made(mobilenetV2Pipeline()),
  resnet50: () => made(resnet50Pipeline()),
  squeezenet: () => made(squeezenetPipeline()),
  vgg16: () => made(vgg16Pipeline()),
};

// Scores of 1000 classes are small and hide what differs: all but the last stage is held to tfjs, too.
describe.each(Object.entries(NETWORKS))('%s on onnxruntime is what it is on tfjs', (_name, load) => {
  test('scores, and what they are made of', { timeout: 300_000 }, async () => {
    const net = (await load()) as Net;
    const before = pipeline(...(net.parts.slice(0, -1).map(({ stage }) => stage) as [AnyStage]));
    for (const stage of [net, before]) {
      const [wanted, came] = [await resultOn('wasm', stage, net), await resultOn('onnxruntime', stage, net)];
      expect(came.shape).toEqual(wanted.shape);
      const largest = wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const apart = wanted.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (came.data[i] ?? NaN))), 0);
      expect(largest, 'numbers that say something').toBeGreaterThan(1e-3);
      expect(apart / Math.max(1, largest)).toBeLessThan(1e-4);
      if (process.env['CONFORMANCE'] === 'print') console.log('ONNXRUNTIME', _name, stage === net, apart, largest);
    }
  });
});

async function resultOn(engine: 'wasm' | 'onnxruntime', stage: AnyStage, { inputShape }: Net) {
  await useEngine(engine);
  const input = { data: tf.tensor(randomGrid(inputShape).data, [...inputShape]), timestamp: 0 };
  return lastValueFrom(
    frameSource([input], { source: 'test' }).pipe(
      stage as never,
      map(({ data }: { data: tf.Tensor }) => ({ shape: data.shape, data: data.dataSync<'float32'>() })),
    ),
  );
}

/** With weights as He et al. 2015 draw them, but uniformly: drawing 138 million normal ones takes half a minute. */
function made(net: { readonly inputShape: Shape | undefined } & object): AnyStage {
  const stage = net as unknown as Net;
  let state = 1;
  const weights = Object.entries(stage.weightShapes(stage.inputShape)).map(([name, shape]): [string, Weight] => {
    const size = shape.reduce((a, b) => a * b, 1);
    const constant = { variance: 1, gamma: 1 }[name.split('/').at(-1) ?? ''];
    const reach = Math.sqrt((6 * (shape.at(-1) ?? 1)) / size);
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      data[i] = constant ?? (shape.length > 1 ? reach : 0.1) * (state / 2 ** 31);
    }
    return [name, { shape, data }];
  });
  return stage.withWeights(Object.fromEntries(weights));
}
