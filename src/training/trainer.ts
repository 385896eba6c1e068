import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors/errors.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { runInRow } from '../run/run-in-row.ts';
import { disposeAll } from '../stage/begin.ts';
import type { Shape } from '../stage/shape.ts';
import { shapesThrough } from '../stage/shapes-through.ts';
import type { Kernel, NamedStage } from '../stage/stage.ts';
import { passWithin, type TrainingPass } from '../stage/training-pass.ts';
import { startingWith, type Weight } from '../stage/weights.ts';
import type { Loss, Objective } from './objective.ts';
import { differentiate } from './gradients/differentiate.ts';
import type { Rule, Step } from './optimizers/rule.ts';

/** The outputs of a batch and their loss, which the caller disposes. */
export interface Scored {
  /** What the network gives: the logits, where the loss is computed from them. */
  readonly outputs: Tensor;
  /** One number. */
  readonly loss: Tensor;
}

/** Tensors by the names of weights. */
export type Tensors = Map<string, Tensor>;

/** The weights of a network on the device, and the steps that change them. Every method runs in one turn of the event loop. */
export class Trainer {
  readonly #parts: readonly NamedStage[];
  readonly #loss: Loss;
  readonly #trained: ReadonlySet<string>;
  /** The names of the weights of the trained stages. */
  readonly #learned: readonly string[];
  /** How many stages at the beginning are not trained: no gradient flows through them. */
  readonly #front: number;
  readonly #rule: Rule;
  readonly #weights: Tensors = new Map();
  readonly #memories: Tensors[];

  constructor(
    { parts, loss }: Objective,
    weights: Readonly<Record<string, Weight>>,
    trained: ReadonlySet<string>,
    rule: Rule,
  ) {
    this.#parts = parts;
    this.#loss = loss;
    this.#trained = trained;
    this.#front = parts.findIndex(({ name }) => trained.has(name));
    this.#rule = rule;
    this.#memories = Array.from({ length: rule.memories }, () => new Map());
    for (const [name, { data, shape }] of Object.entries(weights)) {
      this.#weights.set(name, tf.keep(tf.tensor(data, [...shape], 'float32')));
    }
    this.#learned = Object.keys(weights).filter((name) => trained.has(name.slice(0, name.indexOf('/'))));
    for (const name of this.#learned) {
      for (const memory of this.#memories) memory.set(name, tf.keep(tf.zerosLike(this.#weights.get(name) as Tensor)));
    }
  }

  /** The weights and what the optimizer remembers, which belong to the trainer. */
  get tensors(): { readonly weights: Tensors; readonly memories: readonly Tensors[] } {
    return { weights: this.#weights, memories: this.#memories };
  }

  /** Puts other values in the place of weights. The tensors belong to the trainer from then on. */
  replace(tensors: ReadonlyMap<string, Tensor>, into: Tensors = this.#weights): void {
    for (const [name, tensor] of tensors) {
      into.get(name)?.dispose();
      into.set(name, tf.keep(tensor));
    }
  }

  /** Changes the weights by one step against the gradient of the loss. */
  step(x: Tensor, label: FrameLabel, step: Step, random: () => number): Scored {
    const updates: Tensors = new Map();
    const pass: TrainingPass = {
      random,
      update(weight, value) {
        updates.get(weight)?.dispose();
        updates.set(weight, tf.keep(value));
      },
    };
    const learned = this.#learned;
    const kept: Tensor[] = [];
    try {
      return tf.tidy(() => {
        const features = this.#run(x, 0, this.#front);
        const xs = learned.map((name) => this.#weights.get(name) as Tensor);
        const { value, gradients } = differentiate(() => {
          const outputs = this.#run(features, this.#front, this.#parts.length, pass);
          kept.push(tf.keep(tf.clone(outputs)));
          return this.#lossOf(outputs, label);
        }, xs);
        if (gradients.every((gradient) => gradient === undefined)) {
          throw new TrainingError(
            `no gradient reaches the weights of ${[...this.#trained].join(', ')}: the outputs of the model do not depend on them`,
          );
        }
        learned.forEach((name, i) => {
          const gradient = gradients[i];
          if (gradient && !updates.has(name)) this.#apply(name, gradient, step);
        });
        this.replace(updates);
        updates.clear();
        const [outputs] = kept.splice(0) as [Tensor];
        return { outputs, loss: value };
      });
    } finally {
      tf.dispose([...kept, ...updates.values()]);
    }
  }

  /** The outputs and the loss of a batch, computed as after the training. */
  evaluate(x: Tensor, label: FrameLabel): Scored {
    return tf.tidy(() => {
      const outputs = this.#run(x, 0, this.#parts.length);
      return { outputs, loss: this.#lossOf(outputs, label) };
    });
  }

  dispose(): void {
    for (const tensors of [this.#weights, ...this.#memories]) {
      tf.dispose([...tensors.values()]);
      tensors.clear();
    }
  }

  /** Runs some of the stages. With a pass, those that are trained, or have no weights, compute as in training. */
  #run(x: Tensor, from: number, to: number, pass?: TrainingPass): Tensor {
    const parts = this.#parts.slice(from, to);
    const shapes = shapesThrough(
      parts.map(({ name, stage }) => ({ name, stage })),
      x.shape,
    );
    const all = Object.fromEntries(this.#weights);
    const kernels: Kernel<never, unknown>[] = [];
    try {
      return runInRow(x, parts.length, (i, value) => {
        const { name, stage } = parts[i] as NamedStage;
        const weights = startingWith(`${name}/`, all);
        const trains = this.#trained.has(name) || Object.keys(weights).length === 0;
        const kernel = stage.kernelWith(shapes[i] as Shape, weights, trains ? passWithin(`${name}/`, pass) : undefined);
        kernels.push(kernel);
        return kernel.run(value as never);
      }) as Tensor;
    } finally {
      disposeAll(kernels);
    }
  }

  #lossOf(outputs: Tensor, label: FrameLabel): Tensor {
    const rows = outputs.rank === 2 ? outputs : tf.reshape(outputs, [outputs.shape[0] ?? 1, -1]);
    const kernel = this.#loss.kernelWith(rows.shape, {}) as Kernel<Tensor2D, Tensor>;
    try {
      return tf.reshape(kernel.run(rows as Tensor2D, label), []);
    } finally {
      kernel.dispose();
    }
  }

  #apply(name: string, gradient: Tensor, step: Step): void {
    const weight = this.#weights.get(name) as Tensor;
    const memories = this.#memories.map((memory) => memory.get(name) as Tensor);
    const [changed, ...remembered] = this.#rule.apply(weight, gradient, memories, step);
    this.replace(new Map([[name, changed]]));
    this.#memories.forEach((memory, i) => this.replace(new Map([[name, remembered[i] as Tensor]]), memory));
  }
}
