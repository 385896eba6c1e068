import type { TfliteFile, TfliteOperator } from './tflite-file.ts';

/**
 * @internal An operator, or a convolution between a SPACE_TO_BATCH_ND and a BATCH_TO_SPACE_ND, which is how TensorFlow computes a
 * dilated convolution: the picture is cut into as many pictures of every second (third …) pixel.
 */
export interface DilatedOperator extends TfliteOperator {
  /** The constants that say how: each is the number of a tensor. */
  readonly around?: { readonly blocks: readonly [number, number]; readonly paddings: number; readonly crops: number };
}

/** @internal The operators of a graph, where such a convolution is one operator. */
export function withDilatedConvolutions({ operators, outputs }: TfliteFile): readonly DilatedOperator[] {
  const results = new Set(outputs);
  const users = new Map<number, TfliteOperator[]>();
  for (const operator of operators) {
    for (const tensor of operator.inputs) {
      const known = users.get(tensor);
      if (known) known.push(operator);
      else users.set(tensor, [operator]);
    }
  }
  /** The only operator that takes what an operator gives. */
  const next = (operator: TfliteOperator, ops: readonly string[]): TfliteOperator | undefined => {
    const [given = -1] = operator.outputs;
    const [user, ...others] = users.get(given) ?? [];
    const fits = user && others.length === 0 && ops.includes(user.op) && user.inputs[0] === given;
    return fits && !results.has(given) ? user : undefined;
  };
  const replaced = new Map<TfliteOperator, DilatedOperator | undefined>();
  for (const before of operators) {
    if (before.op !== 'SPACE_TO_BATCH_ND') continue;
    const convolution = next(before, ['CONV_2D', 'DEPTHWISE_CONV_2D']);
    const after = convolution && next(convolution, ['BATCH_TO_SPACE_ND']);
    if (!after) continue;
    const [picture = -1, blocks = -1, paddings = -1] = before.inputs;
    const [, same = -1, crops = -1] = after.inputs;
    replaced.set(before, undefined);
    replaced.set(convolution, undefined);
    replaced.set(after, {
      ...convolution,
      inputs: [picture, ...convolution.inputs.slice(1)],
      outputs: after.outputs,
      around: { blocks: [blocks, same], paddings, crops },
    });
  }
  return operators.flatMap((operator) => (replaced.has(operator) ? (replaced.get(operator) ?? []) : operator));
}
