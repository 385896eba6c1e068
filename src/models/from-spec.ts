import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { checkName } from '../stage/names.ts';
import type { AnyStage, Json, Spec } from '../stage/stage.ts';
import { checkWork } from './check-work.ts';
import { MAX_DEPTH, MAX_LAYERS } from './limits.ts';
import { STAGES } from './registered-stages.ts';
import type { InnerStages } from './spec-makers.ts';

/** Makes a stage from its spec. */
export type StageMaker = (spec: Spec) => AnyStage;

/** Options of {@link fromSpec}. */
export interface FromSpecOptions {
  /** The makers of your own stages, by the `op` of their specs. They take precedence over sluice's own. */
  readonly stages?: Readonly<Record<string, StageMaker>>;
  /**
   * The most multiply-adds, or visits of values, that one frame may take, if the spec declares an input shape. Default 1e13.
   * {@link importModel} explains it.
   */
  readonly maxWork?: number | undefined;
  /** Draws the weights: each stage gets its own seed, counted up from this one. Default: weights are not drawn. */
  readonly seed?: number;
}

const NAMES: OptionNames<FromSpecOptions> = { stages: true, seed: true, maxWork: true };

/**
 * Builds a stage, or a whole pipeline, from its `spec`, which is plain JSON and can come from a file or another process.
 * A spec contains no weights: give them with `withWeights`.
 *
 * Throws `OptionError` for a value that is not a spec, for an unknown operation and for a spec that is nested over 100
 * deep or has over 10,000 stages, the errors that the stage itself throws for its arguments, and `WeightsError` for work over
 * `maxWork`.
 *
 * @see {@link Stage}, {@link readModel}
 *
 * @example
 * const net = pipeline(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), flatten(), dense({ units: 10, seed: 2 }));
 * const again = fromSpec(JSON.parse(JSON.stringify(net.spec)));
 * console.log(again.outputShape([1, 8, 8, 1])); // [1, 10]
 */
export function fromSpec(spec: Spec, options: FromSpecOptions = {}): AnyStage {
  checkOptions('fromSpec', options, NAMES);
  const { stages = {}, seed: firstSeed, maxWork } = options;
  let made = 0;
  let nextSeed = firstSeed;
  const make = (given: unknown, depth: number): AnyStage => {
    if (!isSpec(given)) throw new OptionError(`a spec must be an object with an op, not ${describeValue(given)}`);
    if (depth > MAX_DEPTH) throw new OptionError(`a spec is nested over ${MAX_DEPTH} deep`);
    if (++made > MAX_LAYERS) throw new OptionError(`a spec has over ${MAX_LAYERS} stages`);
    if (given.name !== undefined) checkName(given.name);
    const { op, ...specArguments } = given;
    const own = Object.hasOwn(stages, op) ? stages[op] : undefined;
    if (own) return withName(given.name, own(given));
    const registered = STAGES.get(op);
    if (!registered) {
      throw new OptionError(
        `a spec has the op ${describeValue(op)}, which is none of ${[...STAGES.keys()].join(', ')}: ` +
          `give stages: { ${op}: … } to say how it is made`,
      );
    }
    const inner: InnerStages = {
      stage: (one) => make(one, depth + 1),
      stages: (many) => list(op, many).map((one) => make(one, depth + 1)),
      seed: () => (nextSeed === undefined ? {} : { seed: nextSeed++ }),
    };
    return withName(given.name, registered.make(specArguments, inner));
  };
  const stage = make(spec, 1);
  checkWork('a spec', stage, maxWork);
  return stage;
}

/** @internal The names of the stages in a spec that sluice cannot make without a {@link StageMaker}. */
export function ownStages(spec: Json | Spec | undefined): string[] {
  if (typeof spec !== 'object' || spec === null) return [];
  const inner = Object.values(spec).flatMap((value: Json | undefined) => ownStages(value));
  return isSpec(spec) && !STAGES.has(spec.op) ? [spec.name ?? spec.op, ...inner] : inner;
}

/** Some stages do not take a name as an option. */
function withName(name: string | undefined, stage: AnyStage): AnyStage {
  return name === undefined || stage.name === name ? stage : stage.named(name);
}

function isSpec(value: unknown): value is Spec {
  return typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string';
}

function list(op: string, value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new OptionError(`a spec of ${op} must have a list of stages, not ${describeValue(value)}`);
}
