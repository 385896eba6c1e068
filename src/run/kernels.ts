import { describeValue } from '../errors/describe-value.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { StageError } from '../errors/errors.ts';
import { free } from '../frames/free.ts';
import { describeShape, sameButBatch, type Shape } from '../stage/shape.ts';
import type { Kernel, NamedStage } from '../stage/stage.ts';
import { now } from '../frames/clock.ts';
import type { DeviceTimes } from '../frames/trace.ts';
import { begin, disposeAll } from '../stage/begin.ts';
import { runInRow } from './run-in-row.ts';
import { useKernel, type LoadedKernel } from './use-kernel.ts';
import type { Use } from '../engines/shared-pool.ts';
import type { WarmUp } from '../engines/warm-ups.ts';
import { shapeOf, shapesThrough, isPicture } from '../stage/shapes-through.ts';
import { isA } from '../errors/is-a.ts';

/** @internal The label of what a stage is warmed up with. */
export const WARM_UP: FrameLabel = { source: 'warm-up', seq: 0, timestamp: 0 };

/** A stage that is made ready, with the shapes it was made ready for. */
interface Built {
  readonly input: Shape;
  readonly output: Shape;
  /** What other subscriptions may use as well. */
  readonly use: Use<LoadedKernel>;
  /** The computation of this subscription, which begins with its first frame. */
  kernel?: Kernel<unknown, unknown>;
  readonly dispose: () => void;
}

/** What is recorded while a frame goes through the stages. */
interface Notes {
  readonly label: FrameLabel;
  /** Gets the time after each stage. */
  readonly marks?: number[];
  readonly device?: DeviceTimes | undefined;
}

/** The stages of a run, made ready: their weights are on the device. */
export class Kernels {
  readonly names: readonly string[];
  readonly #parts: readonly NamedStage[];
  #built: (Built | undefined)[] = [];
  #ready: Shape | undefined;
  #pictures = 0;

  constructor(parts: readonly NamedStage[]) {
    this.#parts = parts;
    this.names = parts.map(({ name }) => name);
  }

  /** How many stages at the beginning of the run have taken pictures. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Runs all stages on a value. Frees the values between them, but not the input. */
  run(input: unknown, notes: Notes): unknown {
    const shape = shapeOf(input, this.names[0] ?? '');
    if (!this.#ready || !sameButBatch(shape, this.#ready)) {
      this.#ready = undefined;
      const shapes = shapesThrough(this.#parts, shape);
      this.#parts.forEach((_, i) => {
        const built = this.#build(i, shapes);
        built.kernel ??= begin(built.use.value.kernel);
      });
      this.#ready = shape;
    }
    const { marks } = notes;
    return runInRow(
      input,
      this.#parts.length,
      (i, value) => this.#step(i, this.#built[i]?.kernel, value, notes),
      marks && (() => marks.push(now())),
    );
  }

  /**
   * Runs each stage once on zeros, unless another subscription has done so. The first run of a stage packs weights and compiles
   * shaders; with a declared input shape, this is done before the first frame. All shapes are checked before any weights are
   * put on the device.
   */
  *warmUp(): Generator<WarmUp, void> {
    const first = this.#parts.findIndex(({ inputShape }) => inputShape !== undefined);
    const { inputShape } = this.#parts[first] ?? {};
    if (!inputShape) return;
    const shapes = [
      ...this.#parts.slice(0, first).map((): Shape => []),
      ...shapesThrough(this.#parts.slice(first), inputShape),
    ];
    const total = this.#parts.length - first;
    let value: unknown;
    let [isWarm, ran] = [false, false];
    try {
      for (let i = first; i < this.#parts.length; i++) {
        const { stage } = this.#parts[i] as NamedStage;
        const { value: loaded } = this.#build(i, shapes).use;
        // A stage without weights is as warm as the one before it.
        isWarm = loaded.warm ?? isWarm;
        if (isWarm) {
          free(value);
          value = undefined;
          continue;
        }
        yield { stage: this.names[i] ?? '', done: i - first, total };
        ran = true;
        value ??= stage.blank(shapes[i] ?? []);
        const kernel = begin(loaded.kernel);
        try {
          const output = this.#step(i, kernel, value, { label: WARM_UP });
          if (output !== value) free(value);
          value = output;
        } finally {
          kernel.dispose();
        }
        if (loaded.warm === false) loaded.warm = true;
      }
      if (ran) yield { stage: this.names.at(-1) ?? '', done: total, total };
    } finally {
      free(value);
    }
  }

  dispose(): void {
    const built = this.#built;
    this.#built = [];
    this.#ready = undefined;
    disposeAll(built);
  }

  /** Runs one stage and checks its output, which is freed if it is wrong. */
  #step(i: number, kernel: Kernel<unknown, unknown> | undefined, value: unknown, { label, device }: Notes): unknown {
    if (isPicture(value)) this.#pictures = Math.max(this.#pictures, i + 1);
    const forFrame = label === WARM_UP ? undefined : label;
    let output: unknown;
    try {
      if (device && i >= this.#pictures) output = device.run(i, () => kernel?.run(value, forFrame));
      else output = kernel?.run(value, forFrame);
      checkOutput(output, this.#built[i]?.output);
      return output;
    } catch (cause) {
      if (output !== value) free(output);
      throw new StageError(this.names[i] ?? '', label, cause);
    }
  }

  #build(i: number, shapes: readonly Shape[]): Built {
    const [input, output] = [shapes[i] ?? [], shapes[i + 1] ?? []];
    const before = this.#built[i];
    if (before && sameButBatch(before.input, input)) return before;
    before?.kernel?.dispose();
    if (before) delete before.kernel;
    const use = useKernel((this.#parts[i] as NamedStage).stage, input);
    // Not before: the pool keeps one kernel that nobody uses, which may be the one that is taken.
    before?.dispose();
    const built: Built = {
      input,
      output,
      use,
      dispose: () => disposeAll([built.kernel, { dispose: use.end }]),
    };
    return (this.#built[i] = built);
  }
}

/** @internal Throws for an output that is not of the promised shape: a kernel would read past the end of a tensor that is too small. */
export function checkOutput(output: unknown, promised: Shape | undefined): void {
  if (typeof output !== 'object' || output === null || isA('Promise', output)) {
    const what = isA('Promise', output) ? 'a Promise' : describeValue(output);
    throw new TypeError(`its output is ${what}, not a tensor or a picture`);
  }
  const shape = shapeOf(output, '');
  if (promised && !sameButBatch(shape, promised)) {
    throw new TypeError(`its output is ${describeShape(shape)}, but its outputShape says ${describeShape(promised)}`);
  }
}
