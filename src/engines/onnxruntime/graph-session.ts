import { EngineError, messageOf } from '../../errors/errors.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import { graphOf } from '../../onnx/graph-of.ts';
import { writeModel, type Beside } from '../../onnx/onnx-model.ts';
import { joined } from '../../onnx/protobuf.ts';
import type { FromPixels } from '../../stage/pixels.ts';
import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import type { RunProfile } from './run-profile.ts';
import type { RuntimeSession, RuntimeTensor, SessionSettings } from './runtime.ts';

/** Numbers, or a picture's bytes, that lie as their shape says. */
export interface Values<Data = Float32Array | Uint8Array> {
  readonly data: Data;
  readonly shape: readonly number[];
}

/** What else a session is made of. */
interface GraphSessionOptions {
  /** What becomes of the bytes of a picture, where that is what goes in. */
  readonly pixels?: FromPixels | undefined;
  readonly profile?: RunProfile | undefined;
}

/** Stages in a row as one graph that ONNX Runtime has made ready. */
export class GraphSession {
  readonly #session: RuntimeSession;
  readonly #settings: SessionSettings;

  private constructor(session: RuntimeSession, settings: SessionSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  /** Throws `WeightsError` where weights are missing, and `EngineError` where the runtime does not take the graph. */
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

  async run({ data, shape }: Values): Promise<Values<Float32Array>> {
    const { Tensor } = this.#settings.runtime;
    const input = data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('float32', data, shape);
    const { output } = await this.#session.run({ input: input as never });
    const { data: numbers, dims } = output as RuntimeTensor;
    return { data: numbers as Float32Array, shape: dims };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

async function openSession(
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
      // What fails is thrown; it need not be printed as well.
      logSeverityLevel: 4,
      extra: {
        // Threads that wait by spinning take from the decoder, and from each other's processes, twice what a frame costs.
        session: { intra_op: { allow_spinning: '0' } },
        // It makes zeros before a pool the pool's own padding, which never wins and never counts: other numbers.
        optimization: { disable_specified_optimizers: 'Pad_Fusion' },
      },
      externalData: [...beside].map(([path, data]) => ({ path, data })),
    });
  } catch (cause) {
    throw new EngineError(`ONNX Runtime does not take ${name}: ${messageOf(cause)}`, { stage: name, cause });
  }
}

/** Sees whether the runtime works as it is to be used. */
export async function probe(settings: SessionSettings): Promise<void> {
  const graph = new GraphBuilder([1, 1]);
  const session = await openSession(
    'a first graph',
    joined(writeModel(graph.finish('probe', graph.input))),
    new Map(),
    settings,
  );
  await session.release();
}
