import type { EngineError } from '../errors/errors.ts';
import type { Engine, EngineName, EngineOptions } from './engine-types.ts';
import type { GraphEngine } from './graph-engine.ts';

/** What `useEngine` was called with. */
export interface EngineRequest {
  readonly name: EngineName | 'auto';
  readonly options: EngineOptions;
}

/** An engine that was started. */
export interface StartedEngine {
  readonly engine: Engine;
  /** The backend of tfjs that runs, or that runs beside the engine. */
  readonly backend: string;
  /** Runs stages as graphs, if the engine merges stages. */
  readonly graphs?: GraphEngine | undefined;
}

/** Losses of a GPU are counted over this time. */
const COUNTED_MS = 60_000;

/**
 * The engine of this process or page, of which there is one. All that is remembered about it is here:
 *
 * - none yet → running, when an engine is started
 * - running → running, when another is chosen, or when it is restarted after its GPU was lost
 * - running → broken, when it can't be restarted
 * - broken → running, when another is chosen
 */
class EngineState {
  #current: StartedEngine | undefined;
  #request: EngineRequest | undefined;
  #error: EngineError | undefined;
  #losses: readonly { readonly backend: string; readonly at: number }[] = [];
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** The engine that was started last, unless it is broken. */
  get current(): StartedEngine | undefined {
    return this.#current;
  }

  /** What the engine was chosen by. */
  get request(): EngineRequest | undefined {
    return this.#request;
  }

  /** Why the engine that was chosen does not work any more. */
  get error(): EngineError | undefined {
    return this.#error;
  }

  /**
   * Runs what starts an engine after everything that was asked for before has ended. Two starts at the same time would make
   * tfjs abandon the first.
   */
  inTurn<T>(start: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(start);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** An engine was chosen and runs. */
  started(engine: StartedEngine, request: EngineRequest): void {
    this.#current = engine;
    this.#request = request;
    this.#error = undefined;
  }

  /** A backend whose GPU was lost runs again. */
  restarted(engine: StartedEngine): void {
    this.#current = engine;
    this.#error = undefined;
  }

  /** The engine does not work any more, and there is none until another is chosen. */
  broke(error: EngineError): void {
    this.#current = undefined;
    this.#error = error;
  }

  /** A backend's GPU was lost at `at` (ms). Returns how often that happened within the last minute. */
  lost(backend: string, at: number): number {
    this.#losses = [...this.#losses.filter((loss) => at - loss.at < COUNTED_MS), { backend, at }];
    return this.#losses.filter((loss) => loss.backend === backend).length;
  }

  /** An engine that is chosen again starts with no losses counted. */
  forgetLosses(): void {
    this.#losses = [];
  }
}

export const engineState = new EngineState();
