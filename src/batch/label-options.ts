import type { SampleFramesOptions } from '../flow/operators/sample-frames.ts';
import { picked } from '../errors/picked.ts';
import type { ModelChoice } from '../models/model-choice.ts';
import type { Json } from '../stage/stage.ts';
import type { ToneMapping } from '../sources/ffmpeg/decode-options.ts';
import type { Sampling, SamplingOptions } from '../sources/ffmpeg/sampling.ts';
import type { EngineName } from '../engines/engine-types.ts';

/** How files are labelled: all that the results depend on besides the files. Plain JSON, so that it can be sent to workers. */
export interface LabelOptions extends ModelChoice {
  /** The options of the model's task, such as `top`. */
  readonly taskOptions: Readonly<Record<string, Json>>;
  /** Whether the results are aggregated later, so that they must keep everything that an aggregate needs. Default false. */
  readonly aggregated?: boolean;
  /**
   * With `keyframes`, only key frames are decoded and labelled. With `scenes`, the frames after cuts are labelled. Default: all frames are
   * decoded.
   */
  readonly sample?: Sampling;
  /** With `sample: 'scenes'`: from which score on a frame begins a shot, over 0 and at most 100. Default 10. */
  readonly sceneThreshold?: number;
  /** With `sample: 'scenes'`: how many frames of each shot are labelled, 1 to 16. Default 1. */
  readonly framesPerScene?: number;
  /**
   * Labels at most this many frames per second of video: the first one at or after each tick; with `sample: 'keyframes'`, the key frame
   * nearest to it. Default: all frames.
   */
  readonly fps?: number;
  /** Labels one frame in this many. Default 1. */
  readonly every?: number;
  /** How much the luma of a frame may differ, 0–255, from the last labelled one whose result it then gets. Default: all are labelled. */
  readonly skipStill?: number;
  /** Where labelling begins, in seconds after the first frame of the file. Default: the first frame. */
  readonly start?: number;
  /** Where labelling ends, in seconds after the first frame of the file. Default: the end of the file. */
  readonly end?: number;
  /** The number of the video stream to label, in every file. Default: each file's default or largest one. */
  readonly stream?: number;
  /** Whether a file may be a playlist, which names other files that are read in its place. Default false. */
  readonly allowPlaylists?: boolean;
  /** What becomes of high dynamic range. Default `auto`: it is mapped to standard range. */
  readonly toneMap?: ToneMapping;
  /** The engine that runs the model. */
  readonly engine: EngineName | 'auto';
  /** How many frames go through the model together. Default: a number that depends on model and engine. */
  readonly batch?: number;
  /** Whether results contain the time that each stage took. Default false. */
  readonly timings?: boolean;
  /** The path of the ffmpeg that decodes. Default: the one that sluice finds. */
  readonly ffmpeg?: string;
  /**
   * The hardware that decodes videos: `auto`, `none`, or a name that `ffmpeg -hwaccels` lists. Where it does not work, videos are decoded
   * without it, and a notice says so. Results are then repeatable on the same device only. Default `none`.
   */
  readonly hwaccel?: string;
}

/** Returns which of the decoded frames are sampled; undefined if all are. Those that `sample` names are chosen where they are decoded. */
export function samplingOf({
  sample,
  fps,
  every,
}: Pick<LabelOptions, 'sample' | 'fps' | 'every'>): SampleFramesOptions | undefined {
  if (sample !== undefined) return undefined;
  if (fps !== undefined) return { fps };
  return every === undefined ? undefined : { n: every };
}

/** Returns what the decoder has to know to choose frames. */
export function decoderSampling({
  sample,
  fps,
  sceneThreshold,
  framesPerScene,
}: Pick<LabelOptions, keyof SamplingOptions>): SamplingOptions {
  return picked({ sample, sceneThreshold, framesPerScene, ...(sample && { fps }) });
}
