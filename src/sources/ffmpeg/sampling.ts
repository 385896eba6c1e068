import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';

/** Which frames are emitted: `keyframes` are those that need no other frame, `scenes` those with which shots begin. */
export type Sampling = 'keyframes' | 'scenes';

/** Options that choose among the frames of a file. */
export interface SamplingOptions {
  /**
   * With `keyframes`, only key frames are decoded and emitted, which is many times as fast. With `scenes`, all frames are decoded, and
   * the first frame after each cut is emitted. Timestamps are those of the whole video. It is for files, not for pictures and live
   * sources. Default: all frames.
   */
  readonly sample?: Sampling;
  /**
   * With `sample: 'keyframes'`: for each multiple of 1 / `fps` seconds since `start`, only the key frame nearest to it is emitted. A
   * warning (`ticks`) says how far off they are. Over 0. Of all frames, `sampleFrames` takes some.
   */
  readonly fps?: number;
  /**
   * With `sample: 'scenes'`: from which score on a frame begins a shot, over 0 and at most 100. The score is that of ffmpeg's filter
   * `scdet`: by how many percent of its range the luma differs from the frame before. Default 10.
   */
  readonly sceneThreshold?: number;
  /** With `sample: 'scenes'`: how many frames of each shot are emitted, 1 to 16: its first one, and others evenly over it. Default 1. */
  readonly framesPerScene?: number;
}

/** The threshold of `scdet`. */
export const SCENE_THRESHOLD = 10;

/** The most frames of a shot. Some times as many are in memory. */
export const MOST_PER_SCENE = 16;

/** @internal Checks the values of the options, and that they go together; throws `OptionError`. */
export function checkSampling({ sample, fps, sceneThreshold, framesPerScene }: SamplingOptions): void {
  if (sample !== undefined && sample !== 'keyframes' && sample !== 'scenes') {
    throw new OptionError(`sample must be keyframes or scenes, not ${describeValue(sample)}`);
  }
  if (fps !== undefined && sample !== 'keyframes') {
    throw new OptionError("fps goes with sample: 'keyframes'; of all frames, sampleFrames({ fps }) takes some");
  }
  if (fps !== undefined && !(typeof fps === 'number' && fps > 0 && fps < Infinity)) {
    throw new OptionError(`fps must be a number over 0, not ${describeValue(fps)}`);
  }
  for (const [name, value] of Object.entries({ sceneThreshold, framesPerScene })) {
    if (value !== undefined && sample !== 'scenes') throw new OptionError(`${name} goes with sample: 'scenes'`);
  }
  const isThreshold = typeof sceneThreshold === 'number' && sceneThreshold > 0 && sceneThreshold <= 100;
  if (sceneThreshold !== undefined && !isThreshold) {
    const given = describeValue(sceneThreshold);
    throw new OptionError(`sceneThreshold must be a number over 0 and at most 100, not ${given}`);
  }
  if (
    framesPerScene === undefined ||
    (Number.isInteger(framesPerScene) && framesPerScene >= 1 && framesPerScene <= MOST_PER_SCENE)
  )
    return;
  const given = describeValue(framesPerScene);
  throw new OptionError(`framesPerScene must be a whole number from 1 to ${MOST_PER_SCENE}, not ${given}`);
}
