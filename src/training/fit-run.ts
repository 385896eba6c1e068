import * as tf from '@tensorflow/tfjs-core';
import { timingMethod } from '../engines/current-engine.ts';
import { TrainingError } from '../errors/errors.ts';
import type { Target } from '../errors/frame-label.ts';
import { now } from '../frames/clock.ts';
import type { Model } from '../models/model.ts';
import { mulberry32, seedOf } from '../stage/random.ts';
import { rightFor } from './accuracy.ts';
import { BestEpoch } from './best-epoch.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { batchesOf } from './examples/batches.ts';
import type { Examples } from './examples/example.ts';
import { examplesIn } from './examples/example-stream.ts';
import { inputsOf } from './examples/inputs.ts';
import { SeenClasses } from './examples/seen-classes.ts';
import { shuffled } from './examples/shuffled.ts';
import type { Training } from './fit-options.ts';
import type { FitProgress, Score } from './fit-progress.ts';
import { MeanScore } from './mean-score.ts';
import { Trainer, type Scored } from './trainer.ts';
import { identityOf, stateOf, takeState, valuesOf } from './training-state.ts';
import { turnOfTheLoop } from './turn-of-the-loop.ts';

/** How many steps a GPU computes while the numbers of an earlier one are on their way. */
const STEPS_AHEAD = 3;

/** The numbers of a step, as soon as the device gives them. */
interface Step {
  readonly step: number;
  readonly learningRate: number;
  readonly score: Promise<Score>;
}

/** One training. */
export class FitRun<T extends object, O extends object> {
  readonly #model: Model<T, O>;
  readonly #training: Training<T, O>;
  readonly #signal: AbortSignal;
  readonly #tell: (progress: FitProgress<T, O>) => void;
  readonly #trainer: Trainer;
  readonly #countRight: ReturnType<typeof rightFor>;
  readonly #best: BestEpoch | undefined;
  readonly #classes = new SeenClasses();
  #latest: Model<T, O>;
  #step = 0;
  #stepsPerEpoch: number | undefined;

  constructor(
    model: Model<T, O>,
    training: Training<T, O>,
    signal: AbortSignal,
    tell: (progress: FitProgress<T, O>) => void,
  ) {
    this.#model = this.#latest = model;
    this.#training = training;
    this.#signal = signal;
    this.#tell = tell;
    this.#trainer = new Trainer(training.objective, training.weights, training.trained, training.rule);
    this.#best = training.earlyStopping && new BestEpoch(training.earlyStopping);
    this.#countRight = rightFor(training.objective.loss);
    this.#stepsPerEpoch = training.stepsPerEpoch;
  }

  /** Runs all epochs. */
  async run(): Promise<void> {
    const { epochs, resume, checkpoint } = this.#training;
    try {
      const done = resume ? await this.#resume(resume) : 0;
      for (let epoch = done + 1; epoch <= epochs && !this.#signal.aborted; epoch++) {
        const began = now();
        const { learningRate, ...score } = await this.#epoch(epoch);
        const seconds = (now() - began) / 1000;
        if (this.#signal.aborted) return;
        const { validation: examples } = this.#training;
        const validation = examples && (await this.#validate(examples, epoch));
        if (this.#signal.aborted) return;
        const best = this.#best;
        best?.consider(epoch, validation ?? score, this.#trainer.tensors.weights);
        const isLast = epoch === epochs || best?.hasSettled(epoch) === true;
        // Of the weights of this epoch, from which a training with more patience goes on, and not those of the best one.
        const bytes = checkpoint && (await this.#checkpoint(epoch));
        if (isLast && best) this.#trainer.replace(new Map([...best.weights].map(([name, one]) => [name, one.clone()])));
        await this.#renew();
        if (bytes) await checkpoint(bytes);
        if (this.#signal.aborted) return;
        this.#tell({
          kind: 'epoch',
          epoch,
          step: this.#step,
          ...score,
          learningRate,
          examplesPerSecond: score.examples / seconds,
          ...(validation ? { validation } : {}),
          ...(isLast && best?.best ? { bestEpoch: best.best.epoch } : {}),
          model: this.#latest,
        });
        if (isLast) return;
      }
    } finally {
      this.#trainer.dispose();
      this.#best?.dispose();
    }
  }

  /** Learns from all examples once. */
  async #epoch(epoch: number): Promise<Score & { learningRate: number }> {
    const { examples, preparation, batchSize, shuffle, seed, rateAt, epochs } = this.#training;
    // Each epoch draws numbers of its own, so that a training can go on with any of them.
    const random = mulberry32(seedOf(seed, epoch));
    const inputs = inputsOf(examplesIn('fit', examples, { epoch, model: this.#latest }, this.#signal), preparation);
    const order = shuffle > 1 ? shuffled(inputs, shuffle, random) : inputs;
    const mean = new MeanScore();
    const steps: Step[] = [];
    const ahead = timingMethod() === 'synced-wall' ? 0 : STEPS_AHEAD;
    const began = now();
    const first = this.#step;
    let learningRate = 0;
    const report = async (most: number) => {
      while (steps.length > most) {
        const [one] = steps.splice(0, 1) as [Step];
        const score = await one.score;
        if (this.#signal.aborted) return;
        this.#checkLoss(score.loss, one, epoch);
        mean.add(score);
        const examplesPerSecond = mean.examples / Math.max(1e-9, (now() - began) / 1000);
        const { step } = one;
        const latest = { learningRate: one.learningRate, examplesPerSecond, model: this.#latest };
        this.#tell({ kind: 'step', epoch, step, ...score, ...latest });
      }
    };
    try {
      for await (const batch of batchesOf(order, batchSize)) {
        try {
          if (this.#signal.aborted) break;
          const part = this.#stepsPerEpoch ? (this.#step - first) / this.#stepsPerEpoch : 0;
          this.#step++;
          learningRate = rateAt({ step: this.#step, epochs: epoch - 1 + Math.min(1, part), of: epochs });
          this.#classes.note(batch.label.targets);
          const scored = this.#trainer.step(batch.x, batch.label, { learningRate, step: this.#step }, random);
          steps.push({ step: this.#step, learningRate, score: this.#read(scored, batch.label.targets) });
        } finally {
          batch.x.dispose();
        }
        await report(ahead);
        await turnOfTheLoop();
        if (this.#signal.aborted) break;
      }
      await report(0);
    } finally {
      await Promise.allSettled(steps.map(({ score }) => score));
    }
    if (!this.#signal.aborted) this.#checkExamples(mean, epoch);
    this.#stepsPerEpoch = this.#step - first;
    return { ...mean.score(), learningRate };
  }

  /** Measures the model with examples that it does not learn from. */
  async #validate(examples: Examples<T, O>, epoch: number): Promise<Score> {
    const { preparation, batchSize } = this.#training;
    const mean = new MeanScore();
    const inputs = inputsOf(examplesIn('fit', examples, { epoch, model: this.#latest }, this.#signal), preparation);
    for await (const { x, label } of batchesOf(inputs, batchSize)) {
      let scored: Scored;
      try {
        if (this.#signal.aborted) break;
        scored = this.#trainer.evaluate(x, label);
      } finally {
        x.dispose();
      }
      mean.add(await this.#read(scored, label.targets));
      await turnOfTheLoop();
    }
    if (mean.examples > 0 || this.#signal.aborted) return mean.score();
    throw new TrainingError('fit: validation has no examples: give some, or leave it out', { stage: 'fit' });
  }

  /** Reads the numbers of a batch from the device, and frees its tensors. */
  async #read({ outputs, loss }: Scored, targets: readonly Target[]): Promise<Score> {
    try {
      const [[value = NaN], scores] = await Promise.all([
        loss.data<'float32'>(),
        this.#countRight && outputs.data<'float32'>(),
      ]);
      const examples = targets.length;
      const right = scores && this.#countRight?.(scores, targets);
      return { loss: value, ...(right === undefined ? {} : { accuracy: right / examples }), examples };
    } finally {
      tf.dispose([outputs, loss]);
    }
  }

  #checkLoss(loss: number, { step, learningRate }: Step, epoch: number): void {
    if (Number.isFinite(loss)) return;
    throw new TrainingError(
      `fit: the loss is ${loss} since step ${step}, in epoch ${epoch}: the weights have become too large. Try a learningRate of ` +
        `${Number((learningRate / 10).toPrecision(2))} in place of ${learningRate}, or a warmUp`,
      { stage: 'fit' },
    );
  }

  #checkExamples({ examples }: MeanScore, epoch: number): void {
    if (examples === 0) {
      const again =
        epoch === 1
          ? ''
          : '. A stream that can be run through only once, such as a generator, must be given as a function that makes it anew';
      throw new TrainingError(`fit: there are no examples in epoch ${epoch}${again}`, { stage: 'fit' });
    }
    if (this.#training.objective.loss.spec.op !== 'crossEntropy') return;
    this.#classes.checkSeveral('fit', examples, this.#model.labels);
  }

  /** Makes the model of the weights as they are. */
  async #renew(): Promise<void> {
    const weights = await valuesOf(this.#trainer.tensors.weights);
    this.#latest = { ...this.#model, pipeline: this.#model.pipeline.withWeights(weights) };
  }

  async #checkpoint(epoch: number): Promise<Uint8Array> {
    return writeCheckpoint({
      identity: identityOf(this.#model.pipeline, this.#training),
      epoch,
      step: this.#step,
      stepsPerEpoch: this.#stepsPerEpoch ?? 0,
      best: this.#best?.best,
      values: await valuesOf(stateOf(this.#trainer, this.#best)),
    });
  }

  /** Goes on from a checkpoint. Returns how many epochs are done. Throws `TrainingError` if there is nothing left to do. */
  async #resume(bytes: Uint8Array): Promise<number> {
    const shapes = new Map([...stateOf(this.#trainer, this.#best)].map(([name, { shape }]) => [name, shape] as const));
    const identity = identityOf(this.#model.pipeline, this.#training);
    const checkpoint = readCheckpoint('fit', bytes, identity, shapes);
    const { epoch, step, stepsPerEpoch, best } = checkpoint;
    takeState(checkpoint, this.#trainer, this.#best);
    this.#best?.resume(best);
    const { epochs } = this.#training;
    const why =
      epoch >= epochs ? `all ${epochs} epochs are done: give more epochs` : 'it has stopped early: give more patience';
    if (epoch >= epochs || this.#best?.hasSettled(epoch)) {
      throw new TrainingError(`fit: the checkpoint is of epoch ${epoch}, so ${why} to go on`, { stage: 'fit' });
    }
    this.#step = step;
    this.#stepsPerEpoch = stepsPerEpoch || this.#stepsPerEpoch;
    await this.#renew();
    return epoch;
  }
}
