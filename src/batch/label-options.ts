import type { SampleFramesOptions } from '../flow/operators/sample-frames.ts';
import type { ModelChoice } from '../models/named-model.ts';
import type { Json } from '../stage/stage.ts';
import type { Fit } from '../preprocess/fit.ts';
import type { EngineName } from '../engines/engine-types.ts';

/** All that the results depend on besides the files: plain JSON, so that any process can do a part of the work. */
export interface LabelOptions extends ModelChoice {
  /** The options of the model's task, such as `top`. */
  readonly taskOptions: Readonly<Record<string, Json>>;
  /** The most frames that are labelled per second of video. */
  readonly fps?: number;
  /** One frame in this many is labelled. */
  readonly every?: number;
  /** From where to where a file is labelled, in seconds of its frames' timestamps. */
  readonly start?: number;
  /** Where labelling ends, in seconds by the frames' timestamps. Default: the end of the file. */
  readonly end?: number;
  /** How pictures are brought to the model's input size. Default: the model's own way. */
  readonly fit?: Fit;
  /** The engine that computes. */
  readonly engine: EngineName | 'auto';
  /** How many frames go through the model together. Default: by model and engine. */
  readonly batch?: number;
  /** Adds what each stage took to the results. Default false. */
  readonly timings?: boolean;
  /** The ffmpeg to decode with. */
  readonly ffmpeg?: string;
}

/** Which frames are labelled; undefined for all of them. */
export function samplingOf({ fps, every }: Pick<LabelOptions, 'fps' | 'every'>): SampleFramesOptions | undefined {
  if (fps !== undefined) return { fps };
  return every === undefined ? undefined : { n: every };
}
