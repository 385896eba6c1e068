import { clone, type Tensor } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError, ShapeError, SluiceError, StageError, TrainingError } from '../../errors/errors.ts';
import type { FrameLabel, Target } from '../../errors/frame-label.ts';
import { Frame } from '../../frames/frame.ts';
import { isTensor } from '../../frames/is-tensor.ts';
import { pixelsOf } from '../../stage/picture.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { describeShape, sameButBatch, type Shape } from '../../stage/shape.ts';
import { isPicture, shapeOf } from '../../stage/shapes-through.ts';
import type { Kernel, Stage } from '../../stage/stage.ts';
import { exampleWeights } from '../losses/example-weights.ts';
import type { Example, LabelledExample } from './example.ts';

/** The input that a network gets of an example, `[1, …]`, and its label with a target. Who takes it disposes the tensor. */
export interface Input {
  readonly x: Tensor;
  readonly label: FrameLabel & { readonly target: Target };
}

/** What makes inputs of examples. */
export interface Preparation {
  /** The function that was given the examples, for errors. */
  readonly called: string;
  /** From pictures to inputs. */
  readonly preprocess: Stage<Pixels, Tensor>;
  /** The input's shape. */
  readonly shape: Shape;
  /** Throws `TrainingError` for a target that the model can't have, if the loss tells. */
  readonly checkTarget?: ((label: FrameLabel) => void) | undefined;
}

/**
 * The inputs of examples, one after the other. A frame that can't be used fails, and is left out if its source has `onError: 'skip'`;
 * otherwise this throws what is wrong with it.
 */
export async function* inputsOf(
  examples: AsyncIterable<LabelledExample>,
  preparation: Preparation,
): AsyncGenerator<Input, void> {
  let seq = 0;
  const toTensor = new PicturesToTensors(preparation.preprocess);
  for await (const example of examples) {
    let input: Input | undefined;
    try {
      input = inputOf(example, preparation, toTensor, seq++);
    } catch (error) {
      if (!(example instanceof Frame)) throw error;
      const isNamed = error instanceof SluiceError && error.frame !== undefined;
      const failure = isNamed ? error : new StageError(preparation.called, example.label, error);
      if (example.lease.fail(failure) === 'stop') throw failure;
    }
    if (!input) continue;
    if (example instanceof Frame) example.lease.markDelivered();
    yield input;
  }
}

function inputOf(
  example: LabelledExample,
  { called, shape, checkTarget }: Preparation,
  toTensor: PicturesToTensors,
  seq: number,
): Input {
  const given: unknown = example;
  if (typeof given !== 'object' || given === null || !('data' in given)) {
    throw new OptionError(
      `${called}: an example must be a labelled frame or { data, target }, not ${describeValue(given)}`,
    );
  }
  const label: FrameLabel =
    example instanceof Frame ? example.label : { source: called, seq, timestamp: 0, ...givenWith(example) };
  const { target } = label;
  if (target === undefined) {
    throw new TrainingError(`${called} needs to know what each example shows: give frames a target with labelled(…)`, {
      stage: called,
      frame: label,
    });
  }
  checkTarget?.(label);
  exampleWeights(called, 1, label);
  const data = isTensor(example.data) ? example.data : pixelsOf(example.data);
  const x = isPicture(data) ? toTensor.run(data as unknown as Pixels) : clone(checkedInput(data));
  if (sameButBatch(x.shape, shape) && x.shape[0] === 1) return { x, label: { ...label, target } };
  const got = describeShape(x.shape);
  x.dispose();
  const wanted = describeShape([1, ...shape.slice(1)]);
  throw new ShapeError(
    isPicture(data)
      ? `${called}: the model takes ${wanted}, but its preprocessing makes ${got} of a picture: give tensors as examples`
      : `${called}: an example must be a picture, or ${wanted} as the model takes, but one is ${got}`,
    { stage: called, frame: label },
  );
}

function givenWith({ target, weight }: Example): Pick<FrameLabel, 'target' | 'weight'> {
  return { target, ...(weight === undefined ? {} : { weight }) };
}

function checkedInput(data: unknown): Tensor {
  if (isTensor(data)) return data;
  throw new OptionError(`an example's data must be a picture or a tensor, not ${describeValue(data)}`);
}

/** Prepares pictures, whose sizes may change, as a model needs them. */
class PicturesToTensors {
  readonly #preprocess: Stage<Pixels, Tensor>;
  #built: { readonly shape: Shape; readonly kernel: Kernel<Pixels, Tensor> } | undefined;

  constructor(preprocess: Stage<Pixels, Tensor>) {
    this.#preprocess = preprocess;
  }

  run(pixels: Pixels): Tensor {
    const shape = shapeOf(pixels, this.#preprocess.name);
    if (!this.#built || !sameButBatch(this.#built.shape, shape)) {
      // It has no tensors of its own, so there is nothing to dispose.
      this.#built = { shape, kernel: this.#preprocess.build(shape) };
    }
    return this.#built.kernel.run(pixels);
  }
}
