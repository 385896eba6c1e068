import { describeValue } from '../errors/describe-value.ts';
import { OptionError, WeightsError } from '../errors/errors.ts';
import { sizeOf } from '../stage/shape.ts';
import type { AnyStage, InnerStage } from '../stage/stage.ts';
import { MAX_WORK } from './limits.ts';
import { STAGES } from './registered-stages.ts';

/**
 * @internal Throws `WeightsError` if a stage of a pipeline, or all of them, would take more than `maxWork` for one frame: nothing
 * can end a stage while it computes. Without a declared input shape the work is not known.
 */
export function checkWork(file: string, pipeline: Pick<AnyStage, 'inputShape' | 'inner'>, maxWork?: number): void {
  const most = workLimit(file, maxWork);
  const { inputShape } = pipeline;
  if (!inputShape) return;
  let total = 0;
  for (const inner of pipeline.inner(inputShape)) {
    const work = workOf(inner);
    if (work > most) throw tooMuch(file, `stage ${inner.name}`, work, most);
    total += work;
  }
  if (total > most) throw tooMuch(file, 'stages together', total, most);
}

/** An estimate: the multiply-adds of a stage, or the values that it visits, if those are more. */
function workOf({ stage, input }: InnerStage): number {
  const { spec } = stage;
  const [taken, given] = [sizeOf(input), sizeOf(stage.outputShape(input))];
  const inner = stage.inner(input);
  if (inner.length === 0) {
    const visits = STAGES.get(spec.op)?.visits?.(spec, input) ?? 1;
    return Math.max(stage.macs(input), taken, given * visits);
  }
  // The nodes of a graph that merge values are no stages.
  const merges = Object.keys(spec['nodes'] ?? {}).length - inner.length;
  const largest = inner.reduce((most, one) => Math.max(most, sizeOf(one.input)), Math.max(taken, given));
  return inner.reduce((sum, one) => sum + workOf(one), Math.max(0, merges) * largest);
}

/** @internal The limit of work. Throws `OptionError` for a wrong one. */
export function workLimit(file: string, maxWork = MAX_WORK): number {
  if (typeof maxWork === 'number' && maxWork > 0) return maxWork;
  throw new OptionError(`${file}: maxWork must be a number over 0, not ${describeValue(maxWork)}`);
}

/** @internal The error for too much work. */
export function tooMuch(file: string, what: string, work: number, most: number): WeightsError {
  const [takes, limit] = [work, most].map((value) => Number(value.toPrecision(2)).toExponential().replace('+', ''));
  return new WeightsError(
    `${file}: its ${what} would take ${takes} multiply-adds or visits of values for one frame, over the limit of ${limit}: ` +
      'if you trust the model, raise it with maxWork (--max-work)',
  );
}
