import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/** How a model gives a picture. */
export interface PictureOutputs {
  /**
   * The values of the output that are black and white: `[0, 1]` behind a sigmoid, `[-1, 1]` behind a tanh, `[0, 255]` for bytes. Needed,
   * because no file states it, and a wrong one gives a picture that is black, grey or white. Values outside become black or white.
   */
  readonly range: readonly [black: number, white: number];
  /** The order of the dimensions: channels last or first. Default: by the shape; where it leaves a doubt, an error asks for it. */
  readonly layout?: 'nhwc' | 'nchw';
  /** The order of three channels. Default `rgb`. */
  readonly channelOrder?: 'rgb' | 'bgr';
}

const NAMES: OptionNames<PictureOutputs> = { range: true, layout: true, channelOrder: true };

/** @internal Checks the settings; throws `OptionError`. */
export function checkOutputs(outputs: PictureOutputs): PictureOutputs {
  const who = 'picture';
  // A spec may come from a file, so `range` may be missing.
  checkOptions(who, outputs, NAMES);
  const { range, layout, channelOrder } = outputs;
  if (!isRange(range)) {
    throw new OptionError(
      `${who}: range must be two different numbers, the values that are black and white, such as [0, 1], [-1, 1] or [0, 255], not ${describeValue(range)}`,
    );
  }
  if (layout !== undefined && layout !== 'nhwc' && layout !== 'nchw') {
    throw new OptionError(`${who}: layout must be nhwc or nchw, not ${describeValue(layout)}`);
  }
  if (channelOrder !== undefined && channelOrder !== 'rgb' && channelOrder !== 'bgr') {
    throw new OptionError(`${who}: channelOrder must be rgb or bgr, not ${describeValue(channelOrder)}`);
  }
  return { ...outputs, range: [range[0], range[1]] };
}

function isRange(range: unknown): range is readonly [number, number] {
  return (
    Array.isArray(range) && range.length === 2 && range.every((end) => Number.isFinite(end)) && range[0] !== range[1]
  );
}
