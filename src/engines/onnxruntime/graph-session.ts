import { EngineError, messageOf } from '../../errors/errors.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import { graphOf } from '../../onnx/graph-of.ts';
import { writeModel, type Beside } from '../../onnx/onnx-model.ts';
import { joined } from '../../onnx/protobuf.ts';
import type { FromPixels } from '../../stage/pixels.ts';
import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import type { FlatTensor } from './flat-tensor.ts';
import type { RuntimeSession, RuntimeTensor, SessionSettings } from './runtime.ts';
import type { RunProfile } from './stage-times/run-profile.ts';
import { isA } from '../../errors/is-a.ts';

interface GraphSessionOptions {
  /** How the graph makes numbers of a picture's bytes, if its input is a picture. */
  readonly pixels?: FromPixels | undefined;
  /** The profile that ONNX Runtime writes of the session's first runs. */
  readonly profile?: RunProfile | undefined;
}

/** Adjacent stages as one graph, loaded by ONNX Runtime and ready to run. */
export class GraphSession {
  readonly #session: RuntimeSession;
  readonly #settings: SessionSettings;

  private constructor(session: RuntimeSession, settings: SessionSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  /** Throws `WeightsError` if weights are missing, and `EngineError` if ONNX Runtime cannot load the graph. */
  static async create(
    name: string,
    parts: readonly NamedStage[],
    input: Shape,
    settings: SessionSettings,
    { pixels, profile }: GraphSessionOptions = {},
  ): Promise<GraphSession> {
    const beside: Beside = new Map();
    const graph = graphOf(name, parts, input, { pixels });
    const session = await openSession(name, joined(writeModel(graph, beside)), beside, settings, profile?.options);
    profile?.follow(session, graph.nodes);
    return new GraphSession(session, settings);
  }

  async run({ data, shape }: FlatTensor): Promise<FlatTensor<Float32Array>> {
    const { Tensor } = this.#settings.runtime;
    const input = isA('Uint8Array', data) ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape);
    const { output } = await this.#session.run({ input: input as never });
    const { data: numbers, dims } = output as RuntimeTensor;
    return { data: numbers as Float32Array, shape: dims };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Loads a model. Throws `EngineError`. */
export async function openSession(
  name: string,
  model: Uint8Array,
  beside: Beside,
  { runtime, threads, executionProviders }: SessionSettings,
  options: object = {},
): Promise<RuntimeSession> {
  try {
    return await runtime.InferenceSession.create(model, {
      ...options,
      executionProviders,
      intraOpNumThreads: threads,
      // ONNX Runtime throws its errors; it does not have to print them as well.
      logSeverityLevel: 4,
      extra: {
        // Threads that spin while they wait take processor time from the decoder. Spinning doubled the cost of a frame.
        session: { intra_op: { allow_spinning: '0' } },
        // The fusion replaces zeros before a max pool by the pool's own padding, which is -∞. The result is wrong:
        // https://github.com/microsoft/onnxruntime/issues/24737
        optimization: { disable_specified_optimizers: 'Pad_Fusion' },
      },
      externalData: [...beside].map(([path, data]) => ({ path, data })),
    });
  } catch (cause) {
    throw new EngineError(`ONNX Runtime cannot load the graph of ${name}: ${messageOf(cause)}`, { stage: name, cause });
  }
}

/** Checks that ONNX Runtime works with these settings, by loading a minimal graph. Throws `EngineError` if not. */
export async function probe(settings: SessionSettings): Promise<void> {
  const graph = new GraphBuilder([1, 1]);
  const model = joined(writeModel(graph.finish('probe', graph.input)));
  const session = await openSession('a minimal test model', model, new Map(), settings);
  await session.release();
}
