import { describeValue } from '../errors/describe-value.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import { StageError } from '../errors/errors.ts';
import { free } from '../frames/free.ts';
import { describeShape, sameButBatch, type Shape } from '../stage/shape.ts';
import type { Kernel, Part } from '../stage/stage.ts';
import { now } from '../frames/clock.ts';
import type { DeviceTimes } from '../frames/trace.ts';
import type { WarmUp } from '../engines/warm-ups.ts';
import { shapeOf, shapesThrough, isPicture } from '../stage/shapes-through.ts';

const WARM_UP: FrameLabel = { source: 'warm-up', seq: 0, timestamp: 0 };

interface Built {
  readonly input: Shape;
  readonly output: Shape;
  readonly kernel: Kernel<unknown, unknown>;
}

/** What a frame's way through the stages leaves behind. */
interface Notes {
  readonly label: FrameLabel;
  /** The moments between the stages. */
  readonly marks?: number[];
  readonly device?: DeviceTimes | undefined;
}

/** A run's stages made ready: their weights are on the device. */
export class Kernels {
  readonly names: readonly string[];
  readonly #parts: readonly Part[];
  #built: (Built | undefined)[] = [];
  #ready: Shape | undefined;
  #pictures = 0;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.names = parts.map(({ name }) => name);
  }

  /** So many of the first stages were seen to take pictures. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Takes a value through all stages; frees what lies between them as it goes, but not the value. */
  run(input: unknown, notes: Notes): unknown {
    const shape = shapeOf(input, this.names[0] ?? '');
    if (!this.#ready || !sameButBatch(shape, this.#ready)) {
      this.#ready = undefined;
      const shapes = shapesThrough(this.#parts, shape);
      this.#parts.forEach((_, i) => this.#build(i, shapes[i] ?? [], shapes[i + 1] ?? []));
      this.#ready = shape;
    }
    let value = input;
    for (let i = 0; i < this.#parts.length; i++) {
      let output: unknown;
      try {
        output = this.#step(i, value, notes);
      } finally {
        if (value !== input && value !== output) free(value);
      }
      value = output;
      notes.marks?.push(now());
    }
    return value;
  }

  /**
   * The first run packs weights and compiles shaders: a declared input shape lets that happen before any frame waits, a
   * stage at a time. All shapes are checked before any weight is loaded.
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

  /** Its output, checked; what it gave is freed where that is wrong. */
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

/** Kernels trust the shapes they were built for and read past the end of a smaller tensor: a stage must keep its word. */
function checkOutput(output: unknown, promised: Shape | undefined): void {
  if (typeof output !== 'object' || output === null || output instanceof Promise) {
    const what = output instanceof Promise ? 'a Promise' : describeValue(output);
    throw new TypeError(`it gave ${what}, not a tensor or a picture`);
  }
  const shape = shapeOf(output, '');
  if (promised && !sameButBatch(shape, promised)) {
    throw new TypeError(`it gave ${describeShape(shape)}, but its outputShape says ${describeShape(promised)}`);
  }
}
