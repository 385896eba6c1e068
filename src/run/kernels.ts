import { describeValue } from '../errors/describe-value.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { StageError } from '../errors/errors.ts';
import { free } from '../frames/free.ts';
import { describeShape, sameButBatch, type Shape } from '../stage/shape.ts';
import type { Kernel, NamedStage } from '../stage/stage.ts';
import { now } from '../frames/clock.ts';
import type { DeviceTimes } from '../frames/trace.ts';
import { runInRow } from './run-in-row.ts';
import type { WarmUp } from '../engines/warm-ups.ts';
import { shapeOf, shapesThrough, isPicture } from '../stage/shapes-through.ts';

const WARM_UP: FrameLabel = { source: 'warm-up', seq: 0, timestamp: 0 };

/** A stage that is made ready, with the shapes it was made ready for. */
interface Built {
  readonly input: Shape;
  readonly output: Shape;
  readonly kernel: Kernel<unknown, unknown>;
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
      this.#parts.forEach((_, i) => this.#build(i, shapes[i] ?? [], shapes[i + 1] ?? []));
      this.#ready = shape;
    }
    const { marks } = notes;
    return runInRow(
      input,
      this.#parts.length,
      (i, value) => this.#step(i, value, notes),
      marks && (() => marks.push(now())),
    );
  }

  /**
   * Runs each stage once on zeros. The first run of a stage packs weights and compiles shaders; with a declared input shape,
   * this is done before the first frame. All shapes are checked before any weights are put on the device.
   */
  *warmUp(): Generator<WarmUp, void> {
    const first = this.#parts.findIndex(({ inputShape }) => inputShape !== undefined);
    const { stage, inputShape } = this.#parts[first] ?? {};
    if (!stage || !inputShape) return;
    const shapes = shapesThrough(this.#parts.slice(first), inputShape);
    const total = shapes.length - 1;
    let value = stage.blank(inputShape);
    try {
      for (let done = 0; done < total; done++) {
        const i = first + done;
        yield { stage: this.names[i] ?? '', done, total };
        this.#build(i, shapes[done] ?? [], shapes[done + 1] ?? []);
        const output = this.#step(i, value, { label: WARM_UP });
        if (output !== value) free(value);
        value = output;
      }
      yield { stage: this.names.at(-1) ?? '', done: total, total };
    } finally {
      free(value);
    }
  }

  dispose(): void {
    for (const built of this.#built) built?.kernel.dispose();
    this.#built = [];
    this.#ready = undefined;
  }

  /** Runs one stage and checks its output, which is freed if it is wrong. */
  #step(i: number, value: unknown, { label, device }: Notes): unknown {
    if (isPicture(value)) this.#pictures = Math.max(this.#pictures, i + 1);
    const { kernel, output: promised } = this.#built[i] ?? {};
    const forFrame = label === WARM_UP ? undefined : label;
    let output: unknown;
    try {
      if (device && i >= this.#pictures) output = device.run(i, () => kernel?.run(value, forFrame));
      else output = kernel?.run(value, forFrame);
      checkOutput(output, promised);
      return output;
    } catch (cause) {
      if (output !== value) free(output);
      throw new StageError(this.names[i] ?? '', label, cause);
    }
  }

  #build(i: number, input: Shape, output: Shape): void {
    const built = this.#built[i];
    if (built && sameButBatch(built.input, input)) return;
    built?.kernel.dispose();
    this.#built[i] = undefined;
    const kernel = this.#parts[i]?.stage.build(input) as Kernel<unknown, unknown>;
    this.#built[i] = { input, output, kernel };
  }
}

/** Throws for an output that is not of the promised shape: a kernel would read past the end of a tensor that is too small. */
function checkOutput(output: unknown, promised: Shape | undefined): void {
  if (typeof output !== 'object' || output === null || output instanceof Promise) {
    const what = output instanceof Promise ? 'a Promise' : describeValue(output);
    throw new TypeError(`its output is ${what}, not a tensor or a picture`);
  }
  const shape = shapeOf(output, '');
  if (promised && !sameButBatch(shape, promised)) {
    throw new TypeError(`its output is ${describeShape(shape)}, but its outputShape says ${describeShape(promised)}`);
  }
}
