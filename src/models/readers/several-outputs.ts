import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { sizeOf, type Shape } from '../../stage/shape.ts';
import { outputs, type NamedOutput } from '../../tasks/outputs/outputs.ts';
import { lastOperation } from '../last-operation.ts';
import { fittingLabels } from '../labels.ts';
import type { Model } from '../model.ts';
import { warnOfModel } from '../model-warning.ts';
import { outputMeaning, type OutputKind } from '../output-kind.ts';
import type { ReadOptions } from './model-reader.ts';
import { checkShape } from './check-shape.ts';
import type { FoundModel } from './found-model.ts';

/** The task of a network with several outputs. Throws `OptionError`. */
export function severalMeanings(
  { file, net, last, stated }: FoundModel,
  shapes: Readonly<Record<string, Shape>>,
  options: ReadOptions,
): Pick<Model<object, object>, 'pipeline' | 'task' | 'labels'> {
  const { fromLogits, outputKind, onWarning } = options;
  const kinds = typeof outputKind === 'object' ? outputKind : undefined;
  const unknown = Object.keys(kinds ?? {}).find((name) => !Object.hasOwn(shapes, name));
  if (unknown !== undefined) {
    throw new OptionError(
      `${file}: outputKind names ${describeValue(unknown)}, but the outputs are ${Object.keys(shapes).join(', ')}`,
    );
  }
  const labels = options.labels ?? stated?.labels;
  const kindOf = (name: string) => (kinds ? kinds[name] : (outputKind as OutputKind | undefined));
  const takesLabels = (name: string) => kindOf(name) !== 'value' && kindOf(name) !== 'vector';
  const owners = labels
    ? Object.keys(shapes).filter((name) => takesLabels(name) && fits(labels, shapes[name] ?? []))
    : [];
  if (options.labels && owners.length !== 1) {
    const which = owners.length === 0 ? 'none of its outputs' : owners.join(' and ');
    throw new OptionError(
      `${file}: ${options.labels.length} labels fit ${which}, and must fit one: read one output, or leave out labels`,
    );
  }
  const named = Object.entries(shapes).map(([name, shape]): [string, NamedOutput] => {
    const own = owners.length === 1 && owners[0] === name ? labels : undefined;
    const who = `${file}: its output ${name}`;
    const facts = { file: who, last: last?.(name) ?? lastOperation(net.parts, name), shape, labels: own };
    const kind = kindOf(name);
    const meaning = outputMeaning(facts, {
      ...(kind === undefined ? {} : { outputKind: kind }),
      // Of several outputs, it is for those whose numbers may be logits.
      ...(fromLogits === undefined || !isJudged(kind) ? {} : { fromLogits }),
    });
    checkShape(who, meaning.task, shape);
    if (meaning.assumption) warnOfModel(onWarning, 'output-kind', meaning.assumption);
    if (meaning.task.kind !== 'classification' || !own) return [name, { task: meaning.task }];
    const classes = meaning.kind === 'binary' ? 2 : (shape.at(-1) ?? 0);
    return [name, { task: meaning.task, labels: fittingLabels(who, own, classes) }];
  });
  return { pipeline: net, task: outputs(Object.fromEntries(named)), labels: [] };
}

function isJudged(kind: OutputKind | undefined): boolean {
  return kind === 'binary' || kind === 'multiLabel';
}

/** Whether there is a label for each number; two for one number. */
function fits(labels: readonly string[], shape: Shape): boolean {
  const numbers = sizeOf(shape);
  return numbers === labels.length || (numbers === 1 && labels.length === 2);
}
