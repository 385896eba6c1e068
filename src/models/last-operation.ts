import type { AnyStage, Json, Spec } from '../stage/stage.ts';
import { asObject } from './tfjs/as-object.ts';

/**
 * What the last operation of a network makes of its numbers: shares of a whole (`softmax`), a share each (`sigmoid`), sums of
 * products without a limit (`linear`), or something else.
 */
export type LastOperation = 'softmax' | 'sigmoid' | 'linear' | 'other';

/** Stages that change neither the values nor what they mean. An average of scores is a score, an average of logits a logit. */
const PASSING: ReadonlySet<string> = new Set([
  'avgPool',
  'dropout',
  'fakeQuantize',
  'flatten',
  'globalAvgPool',
  'reshape',
  'transpose',
]);

const BY_ACTIVATION: Readonly<Record<string, LastOperation>> = {
  softmax: 'softmax',
  sigmoid: 'sigmoid',
  hardSigmoid: 'sigmoid',
  linear: 'linear',
};

/** The last operation of stages in a row: before one of several outputs, if one is named. */
export function lastOperation(
  stages: readonly { readonly stage: Pick<AnyStage, 'spec'> }[],
  output: string | undefined,
): LastOperation {
  return output === undefined ? lastOperationOf(stages) : lastOperationBefore(output, stages);
}

function lastOperationOf(stages: readonly { readonly stage: Pick<AnyStage, 'spec'> }[]): LastOperation {
  for (const { stage } of stages.toReversed()) {
    const found = operationOf(stage.spec);
    if (found !== undefined) return found;
  }
  return 'other';
}

/** The operation of a stage; undefined if it passes on what the stage before it computes. */
function operationOf(spec: Spec): LastOperation | undefined {
  const { op, activation } = spec;
  if (PASSING.has(op) || (op === 'activation' && activation === 'linear')) return undefined;
  if (op === 'softmax') return 'softmax';
  if (op === 'graph') return operationIn(spec);
  if (typeof activation === 'string') return own(BY_ACTIVATION, activation) ?? 'other';
  // A conv2d or dense without an activation.
  return 'filters' in spec || 'units' in spec ? 'linear' : 'other';
}

/** The last operation before an output of the last stage, which is a graph with several outputs. */
function lastOperationBefore(
  output: string,
  stages: readonly { readonly stage: Pick<AnyStage, 'spec'> }[],
): LastOperation {
  const last = stages.at(-1)?.stage.spec;
  if (last?.op !== 'graph') return 'other';
  const node = own(asObject(last['output']) ?? {}, output);
  return operationIn({ ...last, output: node as Json }) ?? lastOperationOf(stages.slice(0, -1));
}

/** The operation of a graph's output. Graphs are built by sluice, so their nodes are not in a circle. */
function operationIn({ nodes, output, input }: Spec): LastOperation | undefined {
  const known = asObject(nodes) ?? {};
  for (let id: unknown = output; id !== input;) {
    const { stage, from } = asObject(own(known, String(id))) ?? {};
    const spec = asObject(stage);
    if (!spec) return 'other';
    const found = operationOf(spec as Spec);
    if (found !== undefined) return found;
    id = from;
  }
  return undefined;
}

function own<T>(of: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(of, key) ? of[key] : undefined;
}
