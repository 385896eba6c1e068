import * as tf from '@tensorflow/tfjs-core';
import type { FlatTensor } from '../../../engines/onnxruntime/flat-tensor.ts';
import { modelSessions, ModelSession, type RuntimeModel } from '../../../engines/onnxruntime/model-session.ts';
import type { FrameLabel } from '../../../errors/frame-label.ts';
import { EngineError, messageOf, ShapeError, SluiceError, WeightsError } from '../../../errors/errors.ts';
import { NamedTensors } from '../../../stage/named-tensors.ts';
import { describeShape, sameButBatch, sizeOf, type Shape } from '../../../stage/shape.ts';
import type { Stage } from '../../../stage/stage.ts';
import { asyncStage } from '../../../stages/async-stage.ts';
import { MAX_VALUES } from '../../limits.ts';
import type { StateInput } from '../fixed-inputs.ts';
import { orderOfOutput } from '../convert-graph.ts';

/** @internal A value that goes into the runtime. */
export interface RuntimeInput {
  /** Its name in the tensors that the stage takes; undefined where it takes one tensor. */
  readonly key: string | undefined;
  /** ONNX's shape, with one picture. */
  readonly shape: Shape;
  /** The dimensions of the stage's tensor after the batch. */
  readonly order: readonly number[];
}

/** @internal An output that the runtime computes. */
export interface RuntimeOutput {
  readonly name: string;
  /** Whether its first dimension is the batch, by the shape that the runtime gives. */
  readonly hasBatch: (shape: Shape) => boolean;
}

/** @internal What a stage on ONNX Runtime is made of. */
export interface RuntimePart extends RuntimeModel {
  readonly inputs: readonly RuntimeInput[];
  /** In the order of the model's outputs. */
  readonly outputs: readonly RuntimeOutput[];
  /** What comes after the inputs and the outputs: values that are kept from frame to frame. */
  readonly state: readonly Pick<StateInput, 'shape' | 'data'>[];
  /** The order of the dimensions of the model's input. */
  readonly inputOrder: readonly number[];
  /** Tensors that the stage passes on, with their shapes. */
  readonly passed: Readonly<Record<string, Shape>>;
  /** The names of all outputs of the stage in their order, or undefined for a single one. */
  readonly named: readonly string[] | undefined;
  readonly parameters: number;
  /** Whether the sizes of an output depend on the values of the input. */
  readonly varies: boolean;
  readonly description: Readonly<Record<string, string>>;
}

/**
 * @internal A part of an ONNX model as one asynchronous stage on ONNX Runtime. It is run once on zeros to find the shapes of its
 * outputs. Throws `EngineError` where the runtime is missing or refuses the model.
 */
export async function runtimeStage(part: RuntimePart): Promise<Stage<tf.Tensor, tf.Tensor | NamedTensors>> {
  const { name, inputs, named, passed, varies, description } = part;
  const taken = inputs.map(({ shape, order }) => [1, ...order.map((dimension) => shape[dimension] ?? 1)]);
  const owner = {};
  const use = () =>
    modelSessions.use(
      owner,
      () => true,
      (forget) => {
        const opened = ModelSession.open(part);
        opened.catch(forget);
        return opened;
      },
    );
  const computed = await shapesOnZeros(part, use);
  const shapes: Readonly<Record<string, Shape>> = Object.fromEntries(
    (named ?? part.outputs.map((output) => output.name)).map((output) => [
      output,
      passed[output] ?? computed.get(output) ?? [],
    ]),
  );
  const [first = []] = taken;
  return asyncStage<tf.Tensor, tf.Tensor | NamedTensors>({
    spec: { op: 'onnxRuntime', model: name, ...description },
    variesInShape: varies,
    outputShape(input: Shape) {
      if (!sameButBatch(input, first)) {
        throw new ShapeError(`takes ${describeShape(first)}, but got ${describeShape(input)}`);
      }
      const [output = []] = Object.values(shapes);
      return [input[0] ?? 1, ...output.slice(1)];
    },
    outputShapes: named ? () => shapes : undefined,
    parameterCount: () => part.parameters,
    kernel() {
      const { value, end } = use();
      const kept = new KeptState(part.state);
      return {
        run: async (x, label) => computeAll(part, await value, kept.of(label), x),
        dispose: end,
      };
    },
  });
}

/** What a model keeps from one frame of a source to the next. */
class KeptState {
  readonly #first: readonly FlatTensor<Float32Array>[];
  values: readonly FlatTensor<Float32Array>[];
  #source: string | undefined;

  constructor(first: readonly FlatTensor<Float32Array>[]) {
    this.#first = first;
    this.values = first;
  }

  /** Begins again where the frames are of another source: they do not follow those before. */
  of(label: FrameLabel | undefined): this {
    if (label?.source !== this.#source) this.values = this.#first;
    this.#source = label?.source;
    return this;
  }
}

/** The shape of each output for zeros. */
async function shapesOnZeros(
  part: RuntimePart,
  use: () => { readonly value: Promise<ModelSession>; readonly end: () => void },
): Promise<ReadonlyMap<string, Shape>> {
  const { value, end } = use();
  try {
    const zeros = part.inputs.map(({ shape }) => ({ shape, data: new Float32Array(sizeOf(shape)) }));
    const results = await resultsOf(part, await value, new KeptState(part.state), zeros);
    return new Map(results.map(({ name, shape, order }) => [name, [1, ...order.map((d) => shape[d] ?? 1)]]));
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new EngineError(`ONNX Runtime cannot run ${part.name}: ${messageOf(cause)}`, { cause });
  } finally {
    end();
  }
}

interface Result extends FlatTensor<Float32Array> {
  readonly name: string;
  /** The dimensions of the stage's tensor after the batch. */
  readonly order: readonly number[];
}

async function resultsOf(
  { name: model, outputs, inputOrder }: RuntimePart,
  session: ModelSession,
  state: KeptState,
  given: readonly FlatTensor<Float32Array>[],
): Promise<readonly Result[]> {
  const all = [...given, ...state.values];
  const results = await session.run(new Map(all.map((tensor, i) => [`in${i}`, tensor])));
  state.values = state.values.map((_, i) => results.get(`out${outputs.length + i}`) as FlatTensor<Float32Array>);
  return outputs.map(({ name, hasBatch }, i) => {
    const { data, shape } = results.get(`out${i}`) as FlatTensor<Float32Array>;
    if (data.length > MAX_VALUES) {
      throw new WeightsError(`${model}: its output ${name} has ${data.length} values, over ${MAX_VALUES}`);
    }
    return { name, data, shape, order: orderOfOutput(shape, hasBatch(shape), inputOrder) };
  });
}

/** Computes the outputs of a batch, frame by frame. */
async function computeAll(
  part: RuntimePart,
  session: ModelSession,
  state: KeptState,
  x: tf.Tensor | NamedTensors,
): Promise<tf.Tensor | NamedTensors> {
  const { inputs, outputs, named } = part;
  const tensors = inputs.map(({ key }) => (key === undefined ? x : (x as NamedTensors).tensors[key]) as tf.Tensor);
  const frames = tensors[0]?.shape[0] ?? 0;
  const made: tf.Tensor[][] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const given = await Promise.all(inputs.map((input, i) => numbersOf(tensors[i] as tf.Tensor, frame, input)));
      made.push((await resultsOf(part, session, state, given)).map(tensorOf));
    }
    const whole = outputs.map((_, i) => {
      const parts = made.map((results) => results[i] as tf.Tensor);
      return [
        outputs[i]?.name ?? '',
        parts.length === 1 ? tf.clone(parts[0] as tf.Tensor) : tf.concat(parts, 0),
      ] as const;
    });
    if (!named) return whole[0]?.[1] as tf.Tensor;
    const computed = new Map(whole);
    const all = named.map((name) => [
      name,
      computed.get(name) ?? tf.clone((x as NamedTensors).tensors[name] as tf.Tensor),
    ]);
    return new NamedTensors(Object.fromEntries(all));
  } finally {
    tf.dispose(made);
  }
}

/** The values of one frame in ONNX's order. */
async function numbersOf(
  x: tf.Tensor,
  frame: number,
  { shape, order }: RuntimeInput,
): Promise<FlatTensor<Float32Array>> {
  const arranged = tf.tidy(() => {
    const one = x.shape[0] === 1 ? x : tf.slice(x, frame, 1);
    const moved = order.map((dimension) => dimension).toSorted((a, b) => a - b);
    const inOrder = moved.every((dimension, i) => dimension === order[i]);
    return inOrder
      ? tf.cast(one, 'float32')
      : tf.transpose(one, [0, ...moved.map((dimension) => order.indexOf(dimension) + 1)]);
  });
  try {
    return { data: (await arranged.data()) as Float32Array, shape };
  } finally {
    arranged.dispose();
  }
}

/** One frame's output as the stage gives it. */
function tensorOf({ data, shape, order }: Result): tf.Tensor {
  return tf.tidy(() => {
    const whole = tf.tensor(data, [...shape], 'float32');
    const left = shape.map((_, dimension) => dimension).filter((dimension) => !order.includes(dimension));
    return tf.reshape(tf.transpose(whole, [...left, ...order]), [
      1,
      ...order.map((dimension) => shape[dimension] ?? 1),
    ]);
  });
}
