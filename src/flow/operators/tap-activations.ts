import { Tensor } from '@tensorflow/tfjs-core';
import { Subject, type Observable } from 'rxjs';
import { count } from '../../stage/arguments.ts';
import { begin } from '../../stage/begin.ts';
import { chain } from '../../run/chain.ts';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { unlessLost } from '../../engines/gpu.ts';
import { isContextLost } from '../../errors/context-lost.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { OptionError, ShapeError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { type Shape } from '../../stage/shape.ts';
import type { AnyStage, Kernel, NamedStage, Stage } from '../../stage/stage.ts';
import type { Weights } from '../../stage/weights.ts';
import { shareTensor } from '../../frames/share-tensor.ts';

/** The output of a stage for one frame. */
export interface Activations {
  readonly label: FrameLabel;
  readonly stage: string;
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** Options of {@link tapActivations}. */
export interface TapOptions {
  /** Reads one frame in this many that reach the stage. Default 1: every frame. */
  readonly every?: number;
  /** The name of the stage of a pipeline to read. Default: the last one. */
  readonly at?: string;
}

/** A stage with its activations as an Observable. */
export type Tapped<S> = S & {
  /** Copies of the stage's outputs. An error while one is read fails this Observable. */
  readonly activations: Observable<Activations>;
};

const NAMES: OptionNames<TapOptions> = { every: true, at: true };

/**
 * Makes the output of a stage, or of one stage of a pipeline, visible while it runs: the same stage, with `activations`.
 *
 * The stream does not wait for the readback. One output is read at a time; outputs that come meanwhile are skipped. Nothing
 * is read while `activations` has no subscriber. Of a batch the whole output is read, with the label of its first frame.
 *
 * Stages made from it (`named`, `withWeights`, `pipeline(…)`) emit to the same `activations`. Throws `OptionError` if `stage`
 * is no stage, and if the pipeline has no stage `at`.
 *
 * @see {@link pipeline}, {@link classify}
 *
 * @example
 * const tapped = tapActivations(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), { every: 10 });
 * tapped.activations.subscribe(({ shape }) => console.log(shape)); // [ 1, 6, 6, 4 ]
 * source.pipe(tapped).subscribe();
 */
export function tapActivations<I, O, S extends Stage<I, O>>(
  stage: S & Stage<I, O>,
  options: TapOptions = {},
): Tapped<S> {
  checkOptions('tapActivations', options, NAMES);
  const { every = 1, at } = options;
  count('tapActivations', 'every', every);
  const given: unknown = stage;
  if (typeof given !== 'function' || !('parts' in given)) {
    throw new OptionError(`tapActivations takes a stage, not ${describeValue(given)}`);
  }
  const index = at === undefined ? stage.parts.length - 1 : stage.parts.findIndex(({ name }) => name === at);
  if (!stage.parts[index]) {
    const names = stage.parts.map(({ name }) => name).join(', ');
    throw new OptionError(`tapActivations: ${stage.name} has no stage ${describeValue(at)}; it has ${names}`);
  }
  const activations = new Subject<Activations>();
  return tapped(stage, index, { every, activations }) as unknown as Tapped<S>;
}

interface Tap {
  readonly every: number;
  readonly activations: Subject<Activations>;
}

/** The stage with the outputs of one of its parts read; stages that are made from it are read as well. */
function tapped<I, O>(stage: Stage<I, O>, index: number, tap: Tap): Stage<I, O> {
  const parts = stage.parts.map((part, i) => (i === index ? { ...part, stage: watched(part.stage, tap) } : part));
  const operator = (source: Observable<Frame<I>>) => chain<O>(source, parts);
  const made = Object.assign(operator, stage, {
    parts,
    compilable: false,
    activations: tap.activations.asObservable(),
    named: (name: string) => tapped(stage.named(name), index, tap),
    withWeights: (weights: Weights) => tapped(stage.withWeights(weights), index, tap),
  });
  return withName(made, stage.name);
}

/** A stage whose outputs are read, also after a pipeline has renamed it or given it weights. */
function watched(stage: AnyStage, tap: Tap): AnyStage {
  const parts: NamedStage[] = [];
  const operator = (source: Observable<Frame<never>>) => chain<unknown>(source, parts);
  const made = Object.assign(operator, stage, {
    parts,
    // Its output must be visible, so no engine may merge it with other stages.
    compilable: false,
    named: (name: string) => watched(stage.named(name), tap),
    withWeights: (weights: Weights) => watched(stage.withWeights(weights), tap),
    build: (...given: Parameters<AnyStage['build']>) => reading(stage.build(...given), stage.name, tap),
  });
  parts.push({ name: stage.name, stage: made });
  return withName(made, stage.name);
}

/** A function's own `name` is neither copied nor assigned. */
function withName<S extends object>(made: S, name: string): S {
  return Object.defineProperty(made, 'name', { value: name });
}

function reading(kernel: Kernel<never, unknown>, stage: string, tap: Tap): Kernel<never, unknown> {
  const { every, activations } = tap;
  let seen = 0;
  let busy = false;
  return {
    dispose: kernel.dispose,
    begin: () => reading(begin(kernel), stage, tap),
    run(input, label) {
      const output = kernel.run(input, label);
      // Without a label this is the warm-up.
      if (label && seen++ % every === 0 && !busy && activations.observed) {
        busy = true;
        readBack(output, stage, label)
          .then((read) => activations.next({ label, stage, ...read }))
          .catch((error: unknown) => (isContextLost(error) ? undefined : activations.error(error)))
          .finally(() => (busy = false));
      }
      return output;
    },
  };
}

/** Reads a tensor that shares the output's memory, so that the run may dispose the output at any time. */
async function readBack(
  output: unknown,
  stage: string,
  label: FrameLabel,
): Promise<{ shape: Shape; values: ArrayLike<number> }> {
  if (!(output instanceof Tensor)) {
    throw new ShapeError(`tapActivations: ${stage} gives ${describeValue(output)}, not a tensor`, { stage });
  }
  const copy = shareTensor(output);
  try {
    return { shape: copy.shape, values: await unlessLost(copy, label, () => copy.data()) };
  } finally {
    copy.dispose();
  }
}
