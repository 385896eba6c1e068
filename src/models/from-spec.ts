import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { pipeline } from '../stages/pipeline.ts';
import { normalize } from '../preprocess/normalize.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import { resize } from '../preprocess/resize.ts';
import { toTensor } from '../preprocess/to-tensor.ts';
import { type AnyStage, type Json, type Spec } from '../stage/stage.ts';
import { activation } from '../stages/activation.ts';
import { avgPool } from '../stages/avg-pool.ts';
import { batchNorm } from '../stages/batch-norm.ts';
import { concatenate } from '../stages/concatenate.ts';
import { conv2d } from '../stages/conv2d.ts';
import { conv2dTranspose } from '../stages/conv2d-transpose.ts';
import { crop } from '../stages/crop.ts';
import { dense } from '../stages/dense.ts';
import { depthwiseConv2d } from '../stages/depthwise-conv2d.ts';
import { dropout } from '../stages/dropout.ts';
import { flatten } from '../stages/flatten.ts';
import { globalAvgPool } from '../stages/global-avg-pool.ts';
import { globalMaxPool } from '../stages/global-max-pool.ts';
import { graph } from '../stages/graph.ts';
import { l2Pool } from '../stages/l2-pool.ts';
import { localResponseNorm } from '../stages/local-response-norm.ts';
import { maxPool } from '../stages/max-pool.ts';
import { reshape } from '../stages/reshape.ts';
import { residual } from '../stages/residual.ts';
import { separableConv2d } from '../stages/separable-conv2d.ts';
import { softmax } from '../stages/softmax.ts';
import { upsample } from '../stages/upsample.ts';
import { zeroPad } from '../stages/zero-pad.ts';
import { checkName } from '../stage/names.ts';

/** Makes a stage from its spec's arguments. */
export type StageMaker = (spec: Spec) => AnyStage;

/** Options of {@link fromSpec}. */
export interface FromSpecOptions {
  /** How stages of your own are made, by their specs' `op`. */
  readonly stages?: Readonly<Record<string, StageMaker>>;
  /** Draws the weights; every stage gets a seed of its own, counted up from this one. */
  readonly seed?: number;
}

/** Stages whose spec is their options. */
const PLAIN = {
  avgPool,
  batchNorm,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool,
  globalMaxPool,
  l2Pool,
  localResponseNorm,
  maxPool,
  reshape,
  separableConv2d,
  softmax,
  upsample,
  zeroPad,
} as unknown as Readonly<Record<string, StageMaker>>;

/** Stages whose spec is their options, and that take neither a name nor a seed. */
const UNNAMED = { normalize, preprocess, resize, toTensor } as unknown as Readonly<Record<string, StageMaker>>;

/** Stages whose spec is not quite that. */
const OTHERS = ['activation', 'pipeline', 'residual', 'concatenate', 'graph'];

/** Deeper than this nobody nests, and the call stack holds. */
const MAX_DEPTH = 100;

/**
 * Builds a stage, or a whole pipeline, from its `spec`: plain JSON, from a file or another process. Weights are no part
 * of a spec: give them with `withWeights`.
 *
 * Throws `OptionError` for a spec that is none, of an unknown operation, or nested over 100 deep, and whatever the
 * stage itself throws for its arguments.
 *
 * @example
 * const net = pipeline(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), flatten(), dense({ units: 10, seed: 2 }));
 * const again = fromSpec(JSON.parse(JSON.stringify(net.spec)));
 * console.log(again.outputShape([1, 8, 8, 1])); // [1, 10]
 */
export function fromSpec(spec: Spec, options: FromSpecOptions = {}): AnyStage {
  let seed = options.seed;
  const make = (given: unknown, depth: number): AnyStage => {
    if (!isSpec(given)) throw new OptionError(`a spec must be an object with an op, not ${describeValue(given)}`);
    if (depth > MAX_DEPTH) throw new OptionError(`a spec is nested over ${MAX_DEPTH} deep`);
    const { op } = given;
    if (given.name !== undefined) checkName(given.name);
    const own = options.stages && Object.hasOwn(options.stages, op) ? options.stages[op] : undefined;
    if (own) return calledAs(given, own(given));
    const inner = (what: Json | undefined) => list(op, what).map((item) => make(item, depth + 1));
    const { op: _, ...rest } = given;
    if (op === 'pipeline') {
      const { stages, ...arguments_ } = rest;
      return pipeline(...([arguments_, ...inner(stages)] as unknown as [AnyStage]));
    }
    if (op === 'residual') {
      const { stages, shortcut, ...arguments_ } = rest;
      const direct = shortcut === undefined ? {} : { shortcut: make(shortcut, depth + 1) };
      return residual({ ...arguments_, ...direct } as never, ...(inner(stages) as never[]));
    }
    if (op === 'concatenate') {
      const { branches, ...arguments_ } = rest;
      return concatenate(arguments_ as never, ...(inner(branches) as never[]));
    }
    if (op === 'graph') {
      const nodes = Object.entries((rest['nodes'] ?? {}) as Record<string, { stage?: Json }>).map(([id, node]) => [
        id,
        node?.stage === undefined ? node : { ...node, stage: make(node.stage, depth + 1) },
      ]);
      return graph({ ...rest, nodes: Object.fromEntries(nodes) } as never);
    }
    const seeded = seed === undefined ? {} : { seed: seed++ };
    if (op === 'activation') return activation(rest['activation'] as never, { ...rest, ...seeded } as object);
    const maker = Object.hasOwn(PLAIN, op) ? PLAIN[op] : undefined;
    if (maker) return calledAs(given, maker({ ...rest, ...seeded } as unknown as Spec));
    if (Object.hasOwn(UNNAMED, op)) {
      const { name: _name, ...options } = rest;
      return calledAs(given, (UNNAMED[op] as StageMaker)(options as unknown as Spec));
    }
    const known = [...Object.keys({ ...PLAIN, ...UNNAMED }), ...OTHERS].join(', ');
    throw new OptionError(
      `a spec has the op ${describeValue(op)}, which is none of ${known}: give stages: { ${op}: … } to say how it is made`,
    );
  };
  return make(spec, 1);
}

/** @internal The names of the stages in a spec that can't be made from it without their author's help. */
export function ownStages(spec: Json | Spec | undefined): string[] {
  if (typeof spec !== 'object' || spec === null) return [];
  const inner = Object.values(spec).flatMap((value) => ownStages(value as Json));
  const ours = !isSpec(spec) || Object.hasOwn({ ...PLAIN, ...UNNAMED }, spec.op) || OTHERS.includes(spec.op);
  return ours ? inner : [spec.name ?? spec.op, ...inner];
}

/** Some stages take no name as an option. */
function calledAs({ name }: Spec, made: AnyStage): AnyStage {
  return name === undefined || made.name === name ? made : made.named(name);
}

function isSpec(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string';
}

function list(op: string, value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new OptionError(`a spec of ${op} must have a list of stages, not ${describeValue(value)}`);
}
