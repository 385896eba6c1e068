import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { Subject, type Observable } from 'rxjs';
import { chain } from '../chain.ts';
import { OptionError, type FrameLabel } from '../errors.ts';
import type { Frame } from '../frame.ts';
import { count, type Shape } from '../shape.ts';
import type { Kernel, Part, Stage } from '../stage.ts';

/** What a stage gave for one frame. */
export interface Activations {
  readonly label: FrameLabel;
  readonly stage: string;
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** Options of {@link tapActivations}. */
export interface TapOptions {
  /** One frame in so many, by `seq`. Default 1. */
  readonly every?: number;
  /** Which of a pipeline's stages, by name; default: the last. */
  readonly at?: string;
}

/** A stage whose activations can be watched. */
export type Tapped<S> = S & {
  /** Copies of what the stage gives. Errors of reading one back come here, too, and end it. */
  readonly activations: Observable<Activations>;
};

/**
 * Lets you watch what a stage gives, any layer of a network, while it runs: the same stage, with `activations` beside it.
 *
 * The values are read back beside the stream, which does not wait for them: one readback at a time, and frames that come
 * during it are passed over. Nothing is read while nobody listens. Give a stage its weights before you tap it. Throws
 * `OptionError` for a stage the pipeline does not have.
 *
 * @example
 * const tapped = tapActivations(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), { every: 10 });
 * tapped.activations.subscribe(({ shape }) => console.log(shape)); // [ 1, 6, 6, 4 ]
 * source.pipe(tapped).subscribe();
 */
export function tapActivations<I, O, S extends Stage<I, O>>(
  stage: S & Stage<I, O>,
  { every = 1, at }: TapOptions = {},
): Tapped<S> {
  count('tapActivations', 'every', every);
  const index = at === undefined ? stage.parts.length - 1 : stage.parts.findIndex(({ name }) => name === at);
  const part = stage.parts[index];
  if (!part) {
    const names = stage.parts.map(({ name }) => name).join(', ');
    throw new OptionError(`tapActivations: ${stage.name} has no stage ${String(at)}; it has ${names}`);
  }
  const activations = new Subject<Activations>();
  const parts = stage.parts.with(index, tap(part, every, activations));
  const operator = (source: Observable<Frame<I>>) => chain<O>(source, parts);
  const tapped = Object.assign(operator, stage, { parts, activations: activations.asObservable() });
  Object.defineProperty(tapped, 'name', { value: stage.name });
  return tapped as unknown as Tapped<S>;
}

function tap(part: Part, every: number, activations: Subject<Activations>): Part {
  const build: typeof part.stage.build = (...given) => watch(part.stage.build(...given), part.name, every, activations);
  const stage = Object.assign((source: Observable<Frame<never>>) => part.stage(source), part.stage, { build });
  return { ...part, stage };
}

function watch(
  kernel: Kernel<never, unknown>,
  stage: string,
  every: number,
  activations: Subject<Activations>,
): Kernel<never, unknown> {
  let reading = false;
  return {
    dispose: kernel.dispose,
    run(input, label) {
      const output = kernel.run(input, label);
      if (label && !reading && activations.observed && label.seq % every === 0) {
        reading = true;
        const done = () => (reading = false);
        readBack(output as Tensor, (values, shape) => activations.next({ label, stage, shape, values }))
          .catch((error: unknown) => activations.error(error))
          .finally(done);
      }
      return output;
    },
  };
}

/** Reads a copy that shares the tensor's memory, so that the run may dispose its own at any time. */
async function readBack(output: Tensor, give: (values: ArrayLike<number>, shape: Shape) => void): Promise<void> {
  const copy = keep(output.clone());
  try {
    give(await copy.data(), copy.shape);
  } finally {
    copy.dispose();
  }
}
