import { StageError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import type { FromPixels } from '../../stage/pixels.ts';
import { describeShape, sameButBatch, type Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import { joinBatch, splitBatch, type Batching } from './batching.ts';
import type { FlatTensor } from './flat-tensor.ts';
import { GraphSession } from './graph-session.ts';
import type { SessionSettings } from './runtime.ts';
import { RunProfile } from './stage-times/run-profile.ts';
import { StageSessions } from './stage-times/stage-sessions.ts';

/** The stages that are merged into one graph, and how it is loaded and run. */
export interface GraphDefinition {
  /** For example `conv0 … softmax`. */
  readonly name: string;
  readonly parts: readonly NamedStage[];
  readonly settings: SessionSettings;
  /** How the graph makes numbers of a picture's bytes, if its input is a picture. */
  readonly pixels: FromPixels | undefined;
}

/**
 * Stages merged into one graph, loaded for one input shape. All subscriptions to these stages use it, one at a time: it would
 * need more memory for each run that goes on at the same time.
 */
export class LoadedGraph {
  readonly #definition: GraphDefinition;
  readonly #session: GraphSession;
  readonly #output: Shape;
  readonly #profile: RunProfile | undefined;
  readonly #stageSessions: StageSessions;
  #stageTimes: readonly number[] | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(
    definition: GraphDefinition,
    [input, output]: readonly [Shape, Shape],
    session: GraphSession,
    profile: RunProfile | undefined,
  ) {
    const { parts, settings, pixels } = definition;
    this.#definition = definition;
    this.#session = session;
    this.#output = output;
    this.#profile = profile;
    this.#stageSessions = new StageSessions(parts, input, settings, pixels);
  }

  /** Throws as `GraphSession.create` does. */
  static async load(definition: GraphDefinition, input: Shape): Promise<LoadedGraph> {
    const { name, parts, settings, pixels } = definition;
    const output = parts.reduce((shape, { stage }) => stage.outputShape(shape), input);
    const profile = settings.stageTimes === 'profile' && parts.length > 1 ? RunProfile.begin() : undefined;
    try {
      const session = await GraphSession.create(name, parts, input, settings, { pixels, profile });
      return new LoadedGraph(definition, [input, output], session, profile);
    } catch (error) {
      profile?.end();
      throw error;
    }
  }

  /** Runs work that uses the graph, after all work that was given before. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Runs the graph. `runs` is how many times its session ran. Only in turn. */
  async run(input: FlatTensor, batching: Batching): Promise<FlatTensor<Float32Array> & { readonly runs: number }> {
    const inputs = batching === 'one-by-one' ? splitBatch(input) : [input];
    const outputs: FlatTensor<Float32Array>[] = [];
    for (const one of inputs) outputs.push(await this.#session.run(one));
    const times = this.#profile?.ran(this.#definition.parts.map(({ name }) => name));
    this.#stageTimes ??= times;
    return { ...joinBatch(outputs), runs: inputs.length };
  }

  /** The milliseconds of each stage in one run, once ONNX Runtime's profile is complete (`stageTimes: 'profile'`). */
  get stageTimes(): readonly number[] | undefined {
    return this.#stageTimes;
  }

  /** Runs the stages one by one. Returns when each began, and when the last ended. Only in turn. */
  stageMarks(input: FlatTensor): Promise<number[]> {
    return this.#stageSessions.marks(input);
  }

  /** Throws `StageError` if an output has another shape than the stages say. */
  checkOutput(shape: Shape, label: FrameLabel): void {
    if (sameButBatch(shape, this.#output)) return;
    const cause = new TypeError(`its output has the shape ${describeShape(shape)}, not ${describeShape(this.#output)}`);
    throw new StageError(this.#definition.name, label, cause);
  }

  release(): Promise<void> {
    return this.inTurn(async () => {
      this.#profile?.end();
      await Promise.all([this.#session.release(), this.#stageSessions.release()]);
    });
  }
}
