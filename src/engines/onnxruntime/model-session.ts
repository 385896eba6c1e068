import { EngineError } from '../../errors/errors.ts';
import { sizeOf } from '../../stage/shape.ts';
import type { EngineOptions } from '../engine-types.ts';
import { engineState } from '../engine-state.ts';
import { SharedPool } from '../shared-pool.ts';
import type { FlatTensor } from './flat-tensor.ts';
import { openSession } from './graph-session.ts';
import { loadRuntime } from './load-runtime.ts';
import type { RuntimeSession, RuntimeTensor, SessionSettings } from './runtime.ts';

/** How a model of one's own runs on ONNX Runtime: the options of the engine `onnxruntime`, but for `stageTimes`. */
export type RuntimeOptions = Pick<EngineOptions, 'threads' | 'executionProviders' | 'runtime'>;

/** A model for ONNX Runtime, all of whose inputs and outputs have single precision. */
export interface RuntimeModel {
  /** The model's name in messages. */
  readonly name: string;
  readonly model: Uint8Array;
  /** The files with weights, by their paths in the model. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
  readonly options: RuntimeOptions | undefined;
}

/** A model that ONNX Runtime has loaded. Whoever uses it takes turns: each run would need more memory. */
export class ModelSession {
  readonly #session: RuntimeSession;
  readonly #settings: SessionSettings;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(session: RuntimeSession, settings: SessionSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  /** Options that are not given are those of the engine. Throws `EngineError` where the runtime is missing, or refuses the model. */
  static async open({ name, model, beside, options }: RuntimeModel): Promise<ModelSession> {
    const settings = await loadRuntime({ ...ofTheEngine(), ...options }, options ? 'runtimeOptions' : undefined);
    const session = await openSession(name, model, new Map(beside), settings);
    return new ModelSession(session, settings);
  }

  /** Computes the outputs by their names. */
  run(inputs: ReadonlyMap<string, FlatTensor<Float32Array>>): Promise<ReadonlyMap<string, FlatTensor<Float32Array>>> {
    return this.#inTurn(async () => {
      const { Tensor } = this.#settings.runtime;
      const feeds = [...inputs].map(([name, { data, shape }]) => [name, new Tensor('float32', data, shape)] as const);
      const results = await this.#session.run(Object.fromEntries(feeds) as never);
      return new Map(Object.entries(results).map(([name, result]) => [name, flat(name, result as RuntimeTensor)]));
    });
  }

  /** Frees the model when it does not run any more. */
  release(): Promise<void> {
    return this.#inTurn(() => this.#session.release());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }
}

/** The sessions of models. Subscriptions to one stage share a session. */
export const modelSessions = new SharedPool<Promise<ModelSession>>((session) =>
  session.then(
    (opened) => opened.release(),
    () => undefined,
  ),
);

/** The options of the engine that runs, as far as they are those of ONNX Runtime. */
function ofTheEngine(): RuntimeOptions {
  const { threads, executionProviders, runtime } = engineState.request?.options ?? {};
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(executionProviders === undefined ? {} : { executionProviders }),
    ...(runtime === undefined ? {} : { runtime }),
  };
}

function flat(name: string, { data, dims }: RuntimeTensor): FlatTensor<Float32Array> {
  const numbers = data as Float32Array;
  if (numbers.length === sizeOf(dims)) return { data: numbers, shape: dims };
  throw new EngineError(`ONNX Runtime gives ${numbers.length} values for ${name} of the shape [${dims.join(', ')}]`);
}
