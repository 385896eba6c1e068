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
import { joined, numbersOf, tensorOf, type Result, type RuntimeInput } from './runtime-tensors.ts';

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
  readonly passed: ReadonlyMap<string, Shape>;
  /** What the names of the inputs and outputs begin with. */
  readonly prefix: string;
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
      passed.get(output) ?? computed.get(output) ?? [],
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

async function resultsOf(
  { name: model, outputs, inputOrder, prefix }: RuntimePart,
  session: ModelSession,
  state: KeptState,
  given: readonly FlatTensor<Float32Array>[],
): Promise<readonly Result[]> {
  const all = [...given, ...state.values];
  const results = await session.run(new Map(all.map((tensor, i) => [`${prefix}in${i}`, tensor])));
  state.values = state.values.map((_, i) =>
    within(model, `state ${i}`, results.get(`${prefix}out${outputs.length + i}`)),
  );
  return outputs.map(({ name, hasBatch }, i) => {
    const { data, shape } = within(model, name, results.get(`${prefix}out${i}`));
    return { name, data, shape, order: orderOfOutput(shape, hasBatch(shape), inputOrder) };
  });
}

function within(model: string, output: string, given: FlatTensor<Float32Array> | undefined): FlatTensor<Float32Array> {
  const { data, shape } = given as FlatTensor<Float32Array>;
  if (data.length <= MAX_VALUES) return { data, shape };
  throw new WeightsError(`${model}: its output ${output} has ${data.length} values, over ${MAX_VALUES}`);
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
  if (frames > 1 && part.state.length > 0) {
    throw new Error(`it keeps a state from frame to frame, so it takes one frame at a time, not ${frames}`);
  }
  const made: tf.Tensor[][] = [];
  const given: tf.Tensor[] = [];
  try {
    for (let frame = 0; frame < frames; frame++) {
      const numbers = await Promise.all(inputs.map((input, i) => numbersOf(tensors[i] as tf.Tensor, frame, input)));
      made.push((await resultsOf(part, session, state, numbers)).map(tensorOf));
    }
    const computed = new Map<string, tf.Tensor>();
    for (const [i, { name }] of outputs.entries()) {
      const whole = joined(
        made.map((results) => results[i] as tf.Tensor),
        name,
      );
      given.push(whole);
      computed.set(name, whole);
    }
    if (!named) return given[0] as tf.Tensor;
    const all = named.map((name) => {
      const own = computed.get(name);
      if (own) return [name, own] as const;
      const passed = tf.clone((x as NamedTensors).tensors[name] as tf.Tensor);
      given.push(passed);
      return [name, passed] as const;
    });
    return new NamedTensors(Object.fromEntries(all));
  } catch (error) {
    tf.dispose(given);
    throw error;
  } finally {
    tf.dispose(made);
  }
}
