import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, tap } from 'rxjs';
import { fit, useEngine, type Example, type Model, type Pixels } from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { trainingOf } from '../../src/training/fit-options.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { compare, type Contender, type Result } from './compare.ts';
import { layersModel } from './peers.ts';

/** How many examples make a step. */
export const BATCH = 32;
/** How many steps are compared by their losses, and how far apart these may be. */
const [STEPS_ALIKE, MOST_APART] = [4, 1e-3];

/** How many steps a round has at most: those on wasm take a hundredth of the time. tfjs-layers takes even longer. */
const STEPS = { cpu: 5, wasm: 20 };
const LAYERS_STEPS = 4;

/** What everybody learns from, and begins with. */
interface Lesson {
  readonly model: Model;
  readonly pixels: readonly Example[];
  /** The same pictures as inputs of the network, `[n, 32, 32, 1]`. */
  readonly inputs: Float32Array;
}

/** Grey pictures with noise, and a bright bar whose place is the class. */
async function lesson(steps: number): Promise<Lesson> {
  const model = await lenet5({ seed: 1 });
  const { width, height, range } = model.preprocess as { width: number; height: number; range: [number, number] };
  const count = steps * BATCH;
  const inputs = new Float32Array(count * width * height);
  const [low, high] = range;
  const pixels = Array.from({ length: count }, (_, n) => {
    const target = (n * 7) % 10;
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      const noise = Math.abs(Math.sin((n * width * height + i) * 12.9898) * 43_758.5453) % 1;
      const isBar = Math.floor((i % width) / 3) === target;
      const grey = Math.floor((isBar ? 128 : 0) + 127 * noise);
      data.fill(grey, i * 3, i * 3 + 3);
      inputs[n * width * height + i] = low + (grey / 255) * (high - low);
    }
    return { data: { width, height, channels: 3, data } satisfies Pixels, target };
  });
  return { model, pixels, inputs };
}

/** A way of training. `losses` are those of the last run's steps. */
interface Learner extends Contender {
  losses: number[];
}

/** Runs on an engine. Counts the time that the processor worked: the machine may do other things, too. */
function learner(
  name: string,
  engine: keyof typeof STEPS,
  most: number,
  learn: (steps: number) => Promise<number[]>,
): Learner {
  return {
    name: `${name}, ${engine}`,
    losses: [],
    async run(wanted) {
      const steps = Math.min(wanted, most);
      await useEngine(engine);
      const before = process.cpuUsage();
      this.losses = await learn(steps);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / steps;
    },
  };
}

/** `fit`, from examples to a trained model. */
function withFit(what: string, engine: keyof typeof STEPS, model: Model, examples: () => readonly Example[]): Learner {
  let made: readonly Example[] | undefined;
  return learner(`sluice fit, ${what}`, engine, STEPS[engine], async (steps) => {
    made ??= examples();
    const losses: number[] = [];
    const training = fit(model, made.slice(0, steps * BATCH), { batchSize: BATCH, shuffle: 1 });
    await lastValueFrom(training.pipe(tap((progress) => progress.kind === 'step' && losses.push(progress.loss))));
    return losses;
  });
}

/** The steps alone, with batches that are ready. */
function withTrainer(engine: keyof typeof STEPS, { model, pixels, inputs }: Lesson): Learner {
  let batches: tf.Tensor[] = [];
  return learner('sluice, steps alone', engine, STEPS[engine], async (steps) => {
    if (batches.length < steps) batches = tf.split(inputTensor(inputs), pixels.length / BATCH);
    const { objective, weights, trained, rule } = trainingOf(model, pixels, { batchSize: BATCH });
    const trainer = new Trainer(objective, weights, trained, rule);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      const targets = pixels.slice((step - 1) * BATCH, step * BATCH).map(({ target }) => target);
      const label = { source: 'bench', seq: step, timestamp: 0, targets };
      const { outputs, loss } = trainer.step(
        batches[step - 1] as tf.Tensor,
        label,
        { learningRate: 1e-3, step },
        random,
      );
      losses.push((await loss.data())[0] ?? NaN);
      tf.dispose([outputs, loss]);
    }
    trainer.dispose();
    return losses;
  });
}

function random(): number {
  return 0.5;
}

/** tfjs-layers, with all examples in one tensor. A run of its own begins with the same weights. */
function withLayers(engine: keyof typeof STEPS, { model, pixels, inputs }: Lesson): Learner {
  const shape = [1, 32, 32, 1] as const;
  const weights = model.pipeline.weights(shape);
  let x: tf.Tensor4D | undefined;
  let y: tf.Tensor2D | undefined;
  return learner('tfjs-layers fit', engine, LAYERS_STEPS, async (steps) => {
    x ??= inputTensor(inputs);
    y ??= tf.oneHot(
      tf.tensor1d(
        pixels.map(({ target }) => target as number),
        'int32',
      ),
      10,
    ) as tf.Tensor2D;
    const count = steps * BATCH;
    const [some, targets] = [tf.slice(x, 0, count), tf.slice(y, 0, count)];
    const peer = layersModel({ shape, net: model.pipeline, weights });
    peer.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
    const losses: number[] = [];
    const onBatchEnd = (_batch: number, logs?: { loss?: number }) => void losses.push(logs?.loss ?? NaN);
    await peer.fit(some, targets, { batchSize: BATCH, shuffle: false, verbose: 0, callbacks: { onBatchEnd } });
    peer.dispose();
    tf.dispose([some, targets]);
    return losses;
  });
}

function inputTensor(inputs: Float32Array): tf.Tensor4D {
  return tf.tensor4d(inputs, [inputs.length / 1024, 32, 32, 1]);
}

/** The examples as tensors, which stay on the backend that is in use. */
function asTensors({ pixels, inputs }: Lesson): Example[] {
  const tensors = tf.split(inputTensor(inputs), pixels.length);
  return pixels.map(({ target }, i) => ({ data: tensors[i] as tf.Tensor, target }));
}

/** Throws where the losses of two ways differ. */
function checkLosses(learners: readonly Learner[]): number {
  const [first] = learners as [Learner];
  const apart = learners.flatMap(({ name, losses }) =>
    losses.map((loss, step) => ({ name, step, loss, by: Math.abs(loss - (first.losses[step] ?? NaN)) })),
  );
  const wrong = apart.find(({ by }) => !(by <= MOST_APART));
  if (wrong) {
    const expected = first.losses[wrong.step];
    throw new Error(
      `${wrong.name}: the loss of step ${wrong.step + 1} is ${wrong.loss}, but that of ${first.name} is ${expected}`,
    );
  }
  return Math.max(...apart.map(({ by }) => by));
}

/** What a comparison of trainings gives. */
export interface TrainingReport {
  readonly results: readonly Result[];
  /** The first losses, which are equal, and by how much they are not. */
  readonly losses: readonly number[];
  readonly apart: number;
  /** Why tfjs-layers does not take part on wasm. */
  readonly layersOnWasm: string;
}

/** Steps of LeNet-5 with sluice and with tfjs-layers, which learn the same: this throws if their losses differ. */
export async function trainings(rounds: number): Promise<TrainingReport> {
  const all = await lesson(STEPS.wasm);
  const learners = [
    withLayers('cpu', all),
    ...(['cpu', 'wasm'] as const).flatMap((engine) => [
      withFit('tensors', engine, all.model, () => asTensors(all)),
      withFit('Pixels', engine, all.model, () => all.pixels),
      withTrainer(engine, all),
    ]),
  ];
  // This warms up as well.
  for (const one of learners) await one.run(STEPS_ALIKE);
  const apart = checkLosses(learners);
  const losses = learners[0]?.losses ?? [];
  const results = await compare(learners, STEPS.wasm, rounds, { unit: 'step' });
  const layersOnWasm = await withLayers('wasm', all)
    .run(1)
    .then(
      () => 'it can train there: add it to this bench',
      (error: Error) => error.message.split('\n')[0] ?? '',
    );
  return { results, losses, apart, layersOnWasm };
}
