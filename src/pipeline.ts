import type { Observable } from 'rxjs';
import { chain, uniqueNames } from './chain.ts';
import { OptionError, ShapeError, WeightsError } from './errors.ts';
import { free, type Frame } from './frame.ts';
import { describeShape, sameButBatch, type Shape } from './shape.ts';
import type { AnyStage, Kernel, Part, Spec, Stage } from './stage.ts';
import type { Weights, WeightValue } from './weights.ts';

/** A line of a summary. */
export interface SummaryRow {
  readonly stage: string;
  readonly op: string;
  readonly outputShape: Shape;
  readonly parameters: number;
  readonly macs: number;
}

/** What a pipeline is, stage by stage and in total. */
export interface Summary {
  readonly name: string;
  readonly inputShape: Shape;
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  readonly macs: number;
}

/** Stages in a row that are used, and count, as one. */
export interface Pipeline<I, O> extends Stage<I, O> {
  named(name: string): Pipeline<I, O>;
  /** The pipeline with weights named `<stage>/<weight>`; throws `WeightsError` for a stage or weight it does not have. */
  withWeights(weights: Weights): Pipeline<I, O>;
  /** Shapes, parameters and multiply-accumulates; needs an input shape, declared or given. */
  summary(input?: Shape): Summary;
}

/** What may stand before a pipeline's stages. */
export interface PipelineOptions {
  /** Default `pipeline`. */
  readonly name?: string;
  /** `[batch, height, width, channels]`: shapes are checked at once, and the pipe warms up before the first frame. */
  readonly inputShape?: Shape;
}

/** Stands where a stage does not take what the one before it gives. */
export interface Misfit<Comes, Takes> {
  readonly misfit: 'this stage does not take what the stage before it gives';
  readonly comes: Comes;
  readonly takes: Takes;
}

type KernelOf<S> = S extends { build(...args: never[]): infer K } ? K : never;
type InputOf<S> = KernelOf<S> extends { readonly run: (input: infer I) => unknown } ? I : never;
type OutputOf<S, Comes> =
  S extends { readonly elementwise: true } ? Comes : KernelOf<S> extends { readonly run: (input: never) => infer O } ? O : never;

type Items = readonly [PipelineOptions | AnyStage, ...AnyStage[]];
type StagesOf<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? S
  : S extends readonly [unknown, ...infer R]
    ? R
    : [];

/** The stages with every misfit replaced by what is wrong with it, so that the compiler points at its position. */
type Linked<S extends readonly unknown[], Comes, Done extends readonly unknown[] = []> = S extends readonly [
  infer H,
  ...infer R,
]
  ? Linked<R, OutputOf<H, Comes>, [...Done, [Comes] extends [InputOf<H>] ? H : Misfit<Comes, InputOf<H>>]>
  : Done;
type Checked<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? Linked<S, InputOf<S[0]>>
  : S extends readonly [infer Options, ...infer R]
    ? [Options, ...Linked<R, InputOf<R[0]>>]
    : S;
type LastOutput<S extends readonly unknown[], Comes> = S extends readonly [infer H, ...infer R]
  ? LastOutput<R, OutputOf<H, Comes>>
  : Comes;
type PipelineOf<S extends readonly unknown[]> =
  StagesOf<S> extends readonly [infer First, ...unknown[]]
    ? Pipeline<InputOf<First>, LastOutput<StagesOf<S>, InputOf<First>>>
    : never;

/**
 * Puts stages in a row and checks that each takes what the one before gives: types when it is compiled, and shapes as
 * soon as the input's is known, at the latest before the first frame is computed.
 *
 * Stages of the same name are numbered (`conv2d`, `conv2d_1`); a name given twice is an `OptionError`. With a declared
 * `inputShape` a stage that can't take its input throws `ShapeError` here.
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
export function pipeline<const S extends Items>(...items: S extends Checked<S> ? S : Checked<S>): PipelineOf<S>;
export function pipeline(...items: readonly (PipelineOptions | AnyStage)[]): Pipeline<never, unknown> {
  const [first] = items;
  const options: PipelineOptions = typeof first === 'object' && first !== null ? first : {};
  const stages = (options === first ? items.slice(1) : items) as AnyStage[];
  const wrong = stages.findIndex((stage: unknown) => typeof stage !== 'function' || !('parts' in stage));
  if (stages.length === 0 || wrong >= 0) {
    const what = wrong < 0 ? 'got none' : `its item ${wrong + 1} is a ${typeof stages[wrong]}`;
    throw new OptionError(`pipeline takes stages (and options before them); ${what}`);
  }
  const given = stages.map(({ spec }) => spec).filter((spec) => spec.op !== 'pipeline').map(({ name }) => name);
  const twice = given.find((name, i) => name !== undefined && given.indexOf(name) !== i);
  if (twice !== undefined) throw new OptionError(`two stages of a pipeline are named ${twice}: give each its own name`);
  return make(options, stages.flatMap(({ parts }) => parts));
}

function make({ name = 'pipeline', inputShape }: PipelineOptions, given: readonly Part[]): Pipeline<never, unknown> {
  const parts = named(given);
  if (inputShape && parts[0]) parts[0] = { ...parts[0], inputShape };
  const declared = parts[0]?.inputShape;
  const spec: Spec = {
    op: 'pipeline',
    name,
    ...(declared ? { inputShape: declared } : {}),
    stages: parts.map(({ stage }) => stage.spec),
  };
  const operator = (source: Observable<Frame<unknown>>) => chain(source, parts);
  const rows = (input: Shape) => summarize(parts, input, declared);
  const made = Object.assign(operator, {
    spec,
    parts,
    inputShape: declared,
    outputShape: (input: Shape) => rows(input).at(-1)?.outputShape ?? input,
    weightShapes: (input: Shape) => weightShapes(parts, input),
    parameterCount: (input: Shape) => total(rows(input), 'parameters'),
    macs: (input: Shape) => total(rows(input), 'macs'),
    named: (other: string) => make({ name: other }, parts),
    withWeights: (weights: Weights) => make({ name }, withWeights(name, parts, weights)),
    build: (input: Shape, weights?: Weights) => build(weights ? withWeights(name, parts, weights) : parts, input),
    summary: (input: Shape | undefined = declared): Summary => {
      if (!input) throw new OptionError(`${name}: summary needs an input shape: declare inputShape or give one`);
      const lines = rows(input);
      return {
        name,
        inputShape: input,
        rows: lines,
        parameters: total(lines, 'parameters'),
        macs: total(lines, 'macs'),
      };
    },
  });
  Object.defineProperty(made, 'name', { value: name });
  if (declared) rows(declared);
  return made as Pipeline<never, unknown>;
}

/** Every part under a name of its own. */
function named(parts: readonly Part[]): Part[] {
  const names = uniqueNames(parts.map(({ name }) => name));
  return parts.map((part, i) => {
    const name = names[i] ?? part.name;
    return name === part.name ? part : { ...part, name, stage: part.stage.named(name) };
  });
}

function summarize(parts: readonly Part[], input: Shape, declared: Shape | undefined): SummaryRow[] {
  if (declared && !sameButBatch(declared, input)) {
    throw new ShapeError(`the pipeline is declared for ${describeShape(declared)}, but ${describeShape(input)} came`);
  }
  let shape = input;
  return parts.map(({ name, stage }) => {
    const row = { stage: name, op: stage.spec.op, parameters: stage.parameterCount(shape), macs: stage.macs(shape) };
    shape = stage.outputShape(shape);
    return { ...row, outputShape: shape };
  });
}

function total(rows: readonly SummaryRow[], what: 'parameters' | 'macs'): number {
  return rows.reduce((sum, row) => sum + row[what], 0);
}

function weightShapes(parts: readonly Part[], input: Shape): Record<string, Shape> {
  let shape = input;
  return Object.fromEntries(
    parts.flatMap(({ name, stage }) => {
      const shapes = Object.entries(stage.weightShapes(shape));
      shape = stage.outputShape(shape);
      return shapes.map(([weight, size]) => [`${name}/${weight}`, size]);
    }),
  );
}

function withWeights(pipelineName: string, parts: readonly Part[], weights: Weights): Part[] {
  const byStage = new Map<string, Record<string, WeightValue>>();
  for (const [key, value] of Object.entries(weights)) {
    const [stage = '', weight = ''] = key.split('/');
    byStage.set(stage, { ...byStage.get(stage), [weight]: value });
  }
  const unknown = [...byStage.keys()].filter((stage) => !parts.some(({ name }) => name === stage));
  if (unknown.length > 0) {
    const has = parts.map(({ name }) => name).join(', ');
    throw new WeightsError(`${pipelineName} has no stage ${unknown.join(', ')} for these weights; it has ${has}`);
  }
  return parts.map((part) => {
    const own = byStage.get(part.name);
    return own ? { ...part, stage: part.stage.withWeights(own) } : part;
  });
}

function build(parts: readonly Part[], input: Shape): Kernel<never, unknown> {
  const kernels: Kernel<never, unknown>[] = [];
  const dispose = () => kernels.forEach((kernel) => kernel.dispose());
  const shapes = [input];
  for (const { stage } of parts) shapes.push(stage.outputShape(shapes.at(-1) ?? input));
  try {
    parts.forEach(({ stage }, i) => kernels.push(stage.build(shapes[i] ?? input)));
  } catch (error) {
    dispose();
    throw error;
  }
  const run = (value: unknown) =>
    kernels.reduce((x: unknown, kernel) => {
      const output = kernel.run(x as never);
      if (x !== value && x !== output) free(x);
      return output;
    }, value);
  return { run, dispose };
}
