import type { Model } from '../../models/model.ts';
import { modelFrom } from '../../models/model-from.ts';
import { flatten } from '../../stages/flatten.ts';
import { pipelineOf } from '../../stages/pipeline.ts';
import { reshape } from '../../stages/reshape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import { embedding } from '../../tasks/embedding/embedding.ts';
import type { Transfer } from '../../training/transfer/transfer.ts';

/** The width and height of pictures for a network that is trained from nothing. */
const SIZE = 64;
const PREPROCESS = { width: SIZE, height: SIZE, fit: 'cover', range: [-1, 1] } as const;

/** A small network with random weights, all of which is trained: its features are the pixels. */
export async function scratchTransfer(labels: readonly string[], seed: number): Promise<Transfer> {
  // A module of the package that is built after src/.
  const module: string = 'sluice/pipelines/alexnet-cifar10';
  const { alexnetCifar10Pipeline } = (await import(module)) as {
    alexnetCifar10Pipeline: (options: { size: number; classes: number }) => Model['pipeline'];
  };
  const net = alexnetCifar10Pipeline({ size: SIZE, classes: labels.length }).named('scratch');
  const whole = await modelFrom(net, PREPROCESS, { seed, labels });
  const input = [1, SIZE, SIZE, 3];
  const pixels = pipelineOf({ name: 'pixels', inputShape: input }, [flatten()]);
  const shape = pixels.outputShape(input);
  const back = reshape({ name: 'pixels', shape: [SIZE, SIZE, 3] }) as unknown as AnyStage;
  const head = pipelineOf({ name: 'scratch-head', inputShape: shape }, [back, whole.pipeline]);
  return {
    features: {
      name: 'pixels',
      preprocess: PREPROCESS,
      pipeline: pixels as unknown as Model['pipeline'],
      task: embedding(),
      labels: [],
    },
    shape,
    head: { ...whole, pipeline: head as unknown as Model['pipeline'] },
    whole: ({ pipeline: { parts } }) => {
      const stages = parts.slice(1).map(({ name, stage }) => stage.named(name));
      const pipeline = pipelineOf({ name: 'scratch', inputShape: input }, stages);
      return { ...whole, pipeline: pipeline as unknown as Model['pipeline'] };
    },
  };
}
