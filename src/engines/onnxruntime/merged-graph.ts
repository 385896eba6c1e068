import { StageError } from '../../errors/errors.ts';
import type { FromPixels } from '../../stage/pixels.ts';
import { describeShape, sameButBatch, type Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import { joinBatch, splitBatch, type Batching } from './batching.ts';
import type { FlatTensor } from './flat-tensor.ts';
import { GraphSession } from './graph-session.ts';
import type { SessionSettings } from './runtime.ts';
import type { StageTimer } from './stage-times/stage-timer.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';

/** A graph that is loaded for one input shape. */
interface Loaded {
  readonly input: Shape;
  readonly output: Shape;
  readonly session: GraphSession;
}

/** Stages merged into one graph. It is loaded for the shape of the input, and again when frames of another shape arrive. */
export class MergedGraph {
  readonly #name: string;
  readonly #parts: readonly NamedStage[];
  readonly #settings: SessionSettings;
  readonly #pixels: FromPixels | undefined;
  readonly #timer: StageTimer;
  #loaded: Loaded | undefined;

  constructor(
    name: string,
    parts: readonly NamedStage[],
    settings: SessionSettings,
    pixels: FromPixels | undefined,
    timer: StageTimer,
  ) {
    this.#name = name;
    this.#parts = parts;
    this.#settings = settings;
    this.#pixels = pixels;
    this.#timer = timer;
  }

  /** Loads the graph for an input shape, unless it is already loaded for it. The batch size may differ. */
  async prepare(input: Shape): Promise<void> {
    if (this.#loaded && sameButBatch(this.#loaded.input, input)) return;
    const output = this.#parts.reduce((shape, { stage }) => stage.outputShape(shape), input);
    await this.release();
    const profile = this.#timer.begin(input);
    const pixels = this.#pixels;
    const session = await GraphSession.create(this.#name, this.#parts, input, this.#settings, { pixels, profile });
    this.#loaded = { input, output, session };
  }

  /** Runs the graph. `runs` is how many times its session ran. */
  async run(input: FlatTensor, batching: Batching): Promise<FlatTensor<Float32Array> & { readonly runs: number }> {
    const { session } = this.#loaded as Loaded;
    const inputs = batching === 'one-by-one' ? splitBatch(input) : [input];
    const outputs: FlatTensor<Float32Array>[] = [];
    for (const one of inputs) outputs.push(await session.run(one));
    return { ...joinBatch(outputs), runs: inputs.length };
  }

  /** Throws `StageError` if an output has another shape than the stages say. */
  checkOutput(shape: Shape, label: FrameLabel): void {
    const { output } = this.#loaded as Loaded;
    if (sameButBatch(shape, output)) return;
    const cause = new TypeError(`its output has the shape ${describeShape(shape)}, not ${describeShape(output)}`);
    throw new StageError(this.#name, label, cause);
  }

  async release(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await Promise.all([loaded?.session.release(), this.#timer.end()]);
  }
}
