import { describeValue } from '../../errors/describe-value.ts';
import { TrainingError } from '../../errors/errors.ts';
import type { FrameLabel, Target } from '../../errors/frame-label.ts';

/** What the numbers of a target are: shares of classes that exclude each other, of labels that do not, or values. */
export type TargetKind = 'classes' | 'labels' | 'values';

/** What the targets of sluice's own losses are, by the losses' operations. */
export const TARGET_KINDS: Readonly<Record<string, TargetKind>> = {
  crossEntropy: 'classes',
  binaryCrossEntropy: 'labels',
  meanSquaredError: 'values',
};

/**
 * The targets of a frame, or of the frames of a batch, as rows of numbers, `[batch, outputs]`: the number of a class or label becomes a 1
 * among zeros. For one output that is no class, a number is the value itself. A warm-up has no label: then all numbers are 0.
 *
 * Throws `TrainingError` where a frame has no target, and for one that the outputs can't have.
 */
export function targetRows(
  stage: string,
  kind: TargetKind,
  [batch, outputs]: readonly [batch: number, outputs: number],
  label: FrameLabel | undefined,
): Float32Array {
  const rows = new Float32Array(batch * outputs);
  if (!label) return rows;
  const isNumber = (value: number) => Number.isFinite(value) && (kind === 'values' || (value >= 0 && value <= 1));
  const number = kind === 'values' ? 'number' : 'number from 0 to 1';
  const refuse = (target: Target, needed: string) => {
    throw new TrainingError(`${stage}: a target must be ${needed}, but one is ${describeValue(target)}`, {
      stage,
      frame: label,
    });
  };
  targetsOf(stage, label, batch).forEach((target, i) => {
    if (typeof target !== 'number' || (kind === 'values' && outputs > 1)) {
      if (isRow(target, outputs) && Array.from(target).every(isNumber)) rows.set(target, i * outputs);
      else refuse(target, `a list of ${outputs} with a ${number} for each output`);
    } else if (kind !== 'classes' && outputs === 1) {
      if (isNumber(target)) rows[i] = target;
      else refuse(target, `a ${number}`);
    } else if (Number.isSafeInteger(target) && target >= 0 && target < outputs) {
      rows[i * outputs + target] = 1;
    } else {
      const classes = outputs === 1 ? '0, the only class' : `the number of a class from 0 to ${outputs - 1}`;
      refuse(target, `${classes}, since the model has ${outputs} ${outputs === 1 ? 'output' : 'outputs'}`);
    }
  });
  return rows;
}

function targetsOf(stage: string, label: FrameLabel, batch: number): readonly Target[] {
  const targets = label.targets ?? (label.target === undefined ? [] : [label.target]);
  if (targets.length === batch) return targets;
  const what = targets.length === 0 ? 'has none' : `${targets.length} came for ${batch} frames`;
  throw new TrainingError(
    `${stage} needs a target for each frame, but this one ${what}: give frames their targets with labelled(…), ` +
      'and use batch(…) to join them',
    { stage, frame: label },
  );
}

function isRow(target: unknown, outputs: number): target is readonly number[] {
  return Array.isArray(target) && target.length === outputs;
}
