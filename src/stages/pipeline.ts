import type { Tensor } from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { chain } from '../run/chain.ts';
import { runInRow } from '../run/run-in-row.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError, WeightsError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { checkKnown } from '../errors/known-options.ts';
import type { Checked, FirstInput, LastOutput, StagesOf } from '../stage/pipeline-types.ts';
import type { Shape } from '../stage/shape.ts';
import { type AnyStage, type InnerStage, type Kernel, type NamedStage, type Spec, type Stage } from '../stage/stage.ts';
import { summarize, summaryOf, total, type Summary } from '../stage/summary.ts';
import { passWithin, type TrainingPass } from '../stage/training-pass.ts';
import { readWeights, startingWith, type Weight, type Weights, type WeightValue } from '../stage/weights.ts';
import { named, checkName } from '../stage/names.ts';
import { allKernels, combined } from '../stage/begin.ts';
import { shapesThrough } from '../stage/shapes-through.ts';

/** Stages that run one after the other, as one stage. */
export interface Pipeline<I, O> extends Stage<I, O> {
  named(name: string): Pipeline<I, O>;
  /** The pipeline with weights named `<stage>/<weight>`. Throws `WeightsError` for a stage or weight it does not have. */
  withWeights(weights: Weights): Pipeline<I, O>;
  /** Shapes, parameters and multiply-accumulates. Throws `OptionError` where no input shape is declared or given. */
  summary(input?: Shape): Summary;
}

/** Options of {@link pipeline}. */
export interface PipelineOptions {
  /** Default `pipeline`. */
  readonly name?: string;
  /** The input's shape, `[batch, height, width, channels]`. With it, shapes are checked at once, and the stages are warmed up before the first frame. */
  readonly inputShape?: Shape;
}

type Items = readonly [PipelineOptions | AnyStage, ...AnyStage[]];
type PipelineOf<S extends readonly unknown[]> =
  StagesOf<S> extends readonly [unknown, ...unknown[]]
    ? Pipeline<FirstInput<StagesOf<S>>, LastOutput<StagesOf<S>, FirstInput<StagesOf<S>>>>
    : never;

/**
 * Makes one stage of several that run one after the other. The compiler checks that each takes the type of tensor that the
 * one before it gives. Shapes are checked as soon as the input's shape is known: here with a declared `inputShape`, otherwise
 * before the first frame is computed.
 *
 * Stages with the same default name are numbered (`conv2d`, `conv2d_1`). Throws `OptionError` for a name given twice, and
 * `ShapeError` where a stage cannot take its input's shape.
 *
 * @see {@link graph}, {@link residual}, {@link stage}
 *
 * @example
 * const net = pipeline(
 *   { name: 'tiny', inputShape: [1, 28, 28, 1] },
 *   conv2d({ filters: 6, kernelSize: 5, padding: 2, activation: 'tanh', seed: 1 }),
 *   flatten(),
 *   dense({ units: 10, seed: 2 }),
 *   softmax(),
 * );
 * console.log(net.summary().parameters); // 47206
 */
export function pipeline<const S extends readonly unknown[]>(
  // Not as a constraint of S: then a generic call among the stages (`reshape`, `graph`, `stage`) leaves S unknown.
  ...items: S extends Items ? (S extends Checked<S> ? S : Checked<S>) : Items
): PipelineOf<S>;
export function pipeline(...items: readonly (PipelineOptions | AnyStage)[]): Pipeline<never, unknown> {
  const [first] = items;
  const options: PipelineOptions = typeof first === 'object' && first !== null ? first : {};
  return pipelineOf(options, (options === first ? items.slice(1) : items) as AnyStage[]);
}

/** @internal A pipeline of a list of stages whose types are not known; checks everything that `pipeline` checks at run time. */
export function pipelineOf(options: PipelineOptions, stages: readonly AnyStage[]): Pipeline<never, unknown> {
  checkKnown(options.name ?? 'pipeline', options, ['name', 'inputShape']);
  const wrong = stages.findIndex((stage: unknown) => typeof stage !== 'function' || !('parts' in stage));
  if (stages.length === 0 || wrong >= 0) {
    const what = wrong < 0 ? 'got none' : `item ${wrong + 1} of them is ${describeValue(stages[wrong])}`;
    throw new OptionError(`pipeline takes stages (and options before them); ${what}`);
  }
  const given = stages
    .map(({ spec }) => spec)
    .filter((spec) => spec.op !== 'pipeline')
    .map(({ name }) => name);
  const twice = given.find((name, i) => name !== undefined && given.indexOf(name) !== i);
  if (twice !== undefined) throw new OptionError(`two stages of a pipeline are named ${twice}: give each its own name`);
  return make(
    options,
    stages.flatMap(({ parts }) => parts),
  );
}

function make(
  { name = 'pipeline', inputShape }: PipelineOptions,
  given: readonly NamedStage[],
): Pipeline<never, unknown> {
  checkName(name);
  const parts = named(given);
  if (inputShape !== undefined) {
    checkShape(name, inputShape);
    // Checked before it is set here, because an inner pipeline may declare another shape.
    shapesThrough(parts, inputShape);
    if (parts[0]) parts[0] = { ...parts[0], inputShape: [...inputShape] };
  }
  const declared = parts[0]?.inputShape;
  const spec: Spec = {
    op: 'pipeline',
    name,
    ...(declared ? { inputShape: declared } : {}),
    stages: parts.map(({ stage }) => stage.spec),
  };
  const operator = (source: Observable<Frame<unknown>>) => chain(source, parts);
  const rows = (input: Shape) => innerOf(parts, input).map(summarize);
  const made = Object.assign(operator, {
    spec,
    compilable: parts.every(({ stage }) => stage.compilable === true),
    parts,
    inputShape: declared,
    outputShape: (input: Shape) => shapesThrough(parts, input).at(-1) ?? input,
    weightShapes: (input: Shape) => weightShapes(parts, input),
    parameterCount: (input: Shape) => total(rows(input), 'parameters'),
    macs: (input: Shape) => total(rows(input), 'macs'),
    weights: (input: Shape) => weightsOf(parts, input),
    inner: (input: Shape) => innerOf(parts, input),
    blank: (input: Shape) => parts[0]?.stage.blank(input),
    named: (other: string) => make({ name: other }, parts),
    withWeights: (weights: Weights) => make({ name }, withWeights(name, parts, weights)),
    build: (input: Shape, weights?: Weights) => {
      const weighted = weights ? withWeights(name, parts, weights) : parts;
      return together(weighted, input, ({ stage }, shape) => stage.build(shape));
    },
    kernelWith: (input: Shape, tensors: Readonly<Record<string, Tensor>>, pass?: TrainingPass) =>
      together(parts, input, ({ stage, name: part }, shape) =>
        stage.kernelWith(shape, startingWith(`${part}/`, tensors), passWithin(`${part}/`, pass)),
      ),
    summary: (input: Shape | undefined = declared): Summary => {
      if (!input) throw new OptionError(`${name}: summary needs an input shape: declare inputShape or give one`);
      return summaryOf(name, input, rows(input));
    },
  });
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

function checkShape(name: string, shape: Shape): void {
  if (Array.isArray(shape) && shape.every((size: unknown) => Number.isSafeInteger(size) && (size as number) >= 1))
    return;
  throw new OptionError(
    `${name}: inputShape must be a list of whole numbers of at least 1, not ${describeValue(shape)}`,
  );
}

function innerOf(parts: readonly NamedStage[], input: Shape): InnerStage[] {
  const shapes = shapesThrough(parts, input);
  return parts.map(({ name, stage }, i) => ({ name, stage, input: shapes[i] ?? input }));
}

function weightShapes(parts: readonly NamedStage[], input: Shape): Record<string, Shape> {
  const shapes = shapesThrough(parts, input);
  return Object.fromEntries(
    parts.flatMap(({ name, stage }, i) =>
      Object.entries(stage.weightShapes(shapes[i] ?? input)).map(([weight, shape]) => [`${name}/${weight}`, shape]),
    ),
  );
}

function weightsOf(parts: readonly NamedStage[], input: Shape): Record<string, Weight> {
  const shapes = shapesThrough(parts, input);
  return Object.fromEntries(
    parts.flatMap(({ name, stage }, i) =>
      Object.entries(stage.weights(shapes[i] ?? input)).map(([weight, value]) => [`${name}/${weight}`, value]),
    ),
  );
}

function withWeights(pipelineName: string, parts: readonly NamedStage[], weights: Weights): NamedStage[] {
  const byStage = new Map<string, Record<string, WeightValue>>();
  for (const [key, value] of Object.entries(weights)) {
    const slash = key.indexOf('/');
    const [stage, weight] = slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)];
    byStage.set(stage, { ...byStage.get(stage), [weight]: value });
  }
  const unknown = [...byStage.keys()].filter((stage) => !parts.some(({ name }) => name === stage));
  if (unknown.length > 0) {
    const has = parts.map(({ name }) => name).join(', ');
    throw new WeightsError(`${pipelineName} has no stage ${unknown.join(', ')} for these weights; it has ${has}`);
  }
  // Without a declared shape, the weights' shapes are only known, and checked, when the pipeline is built.
  const declared = parts[0]?.inputShape;
  const shapes = declared ? shapesThrough(parts, declared) : [];
  return parts.map((part, i) => {
    const own = byStage.get(part.name);
    const input = shapes[i];
    if (own && input) readWeights(part.name, part.stage.weightShapes(input), own);
    return own ? { ...part, stage: part.stage.withWeights(own) } : part;
  });
}

/** The kernel of the pipeline, from those of its stages. */
function together(
  parts: readonly NamedStage[],
  input: Shape,
  kernelOf: (part: NamedStage, shape: Shape) => Kernel<never, unknown>,
): Kernel<never, unknown> {
  const shapes = shapesThrough(parts, input);
  const kernels = allKernels(parts, (part, i) => kernelOf(part, shapes[i] ?? input));
  return combined(
    kernels,
    (all) => (x, label) => runInRow(x, all.length, (i, value) => all[i]?.run(value as never, label)),
  );
}
