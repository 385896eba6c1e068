import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { count } from '../../stage/arguments.ts';

/**
 * How a model says what each pixel shows. h and w are the size of the output, which need not be that of the input; C is the number of
 * classes.
 *
 * - `classes`: the number of the class, `[1, h, w]` or `[1, h, w, 1]`. Such as DeepLab with its last operation.
 * - `scores`: a score or a logit for each class, `[1, h, w, C]` or `[1, C, h, w]`. The highest one counts.
 * - `mask`: the probability of one class, `[1, h, w]`, `[1, h, w, 1]` or `[1, 1, h, w]`. Such as selfie segmentation and matting.
 */
export type SegmentationKind = 'classes' | 'scores' | 'mask';

/** How a model says what each pixel shows. */
export interface SegmentationOutputs {
  /**
   * What the output holds. Default: `scores` for several channels. For one channel, `classes` if there are several labels and `mask` if
   * there is one; without labels, `classes` for whole numbers (`int32`) and `mask` for others.
   */
  readonly outputKind?: SegmentationKind;
  /** The order of the dimensions: channels last or first. Default: by the shape; where it leaves a doubt, an error asks for it. */
  readonly layout?: 'nhwc' | 'nchw';
  /** The number of the class that means that there is nothing. It is in no region. Default: none, each class has a region. */
  readonly background?: number;
  /** `mask`: whether the output is logits, so that their sigmoid, 1 / (1 + e⁻ˣ), is the probability. Default false. */
  readonly fromLogits?: boolean;
  /**
   * Whether the outer values of the output are those of the input's outer pixels (`align_corners` of TensorFlow and PyTorch). Default
   * false: each value is in the middle of its part of the input.
   */
  readonly alignCorners?: boolean;
}

const KINDS: readonly SegmentationKind[] = ['classes', 'scores', 'mask'];
const NAMES: OptionNames<SegmentationOutputs> = {
  outputKind: true,
  layout: true,
  background: true,
  fromLogits: true,
  alignCorners: true,
};

/** @internal Checks the settings; throws `OptionError`. */
export function checkOutputs(outputs: SegmentationOutputs): SegmentationOutputs {
  const who = 'segmentation';
  checkOptions(who, outputs, NAMES);
  const { outputKind, layout, background, fromLogits, alignCorners } = outputs;
  if (outputKind !== undefined && !KINDS.includes(outputKind)) {
    throw new OptionError(`${who}: outputKind must be one of ${KINDS.join(', ')}, not ${describeValue(outputKind)}`);
  }
  if (layout !== undefined && layout !== 'nhwc' && layout !== 'nchw') {
    throw new OptionError(`${who}: layout must be nhwc or nchw, not ${describeValue(layout)}`);
  }
  if (background !== undefined) count(who, 'background', background, 0);
  for (const [name, value] of Object.entries({ fromLogits, alignCorners })) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw new OptionError(`${who}: ${name} must be true or false, not ${describeValue(value)}`);
  }
  if (outputKind === 'mask' && background !== undefined) {
    throw new OptionError(`${who}: background is for classes, but outputKind is mask: leave it out`);
  }
  if (fromLogits && outputKind !== 'mask') {
    throw new OptionError(
      `${who}: fromLogits is for masks, since the highest logit is the highest score: give outputKind: 'mask'`,
    );
  }
  return { ...outputs };
}
