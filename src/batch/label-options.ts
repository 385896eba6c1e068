import type { SampleFramesOptions } from '../flow/operators/sample-frames.ts';
import type { ModelChoice } from '../models/named-model.ts';
import type { Fit } from '../preprocess/fit.ts';
import type { EngineName } from '../engines/engine-types.ts';

/** All that the results depend on beside the files: plain JSON, so that any process can do a part of the work. */
export interface LabelOptions extends ModelChoice {
  /** How many classes per frame, best first. */
  readonly top: number;
  /** Classes under this score are left out. */
  readonly minScore: number;
  /** Label at most so many frames per second of video. */
  readonly fps?: number;
  /** Label one frame in so many. */
  readonly every?: number;
  /** Seconds, by the frames' timestamps. */
  readonly start?: number;
  /** Where labelling ends, in seconds by the frames' timestamps. Default: the end of the file. */
  readonly end?: number;
  /** How pictures are brought to the model's input size. Default: the model's own way. */
  readonly fit?: Fit;
  /** The engine that computes. */
  readonly engine: EngineName | 'auto';
  /** How many frames go through the network together. */
  readonly batch?: number;
  /** Results say what each stage took. */
  readonly timings?: boolean;
  /** The ffmpeg to decode with. */
  readonly ffmpeg?: string;
}

/** Which frames are labelled; undefined: all of them. */
export function samplingOf({ fps, every }: Pick<LabelOptions, 'fps' | 'every'>): SampleFramesOptions | undefined {
  if (fps !== undefined) return { fps };
  return every === undefined ? undefined : { n: every };
}
