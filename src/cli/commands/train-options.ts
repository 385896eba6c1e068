import type { JobOptions } from '../../batch/label-job.ts';
import type { LabelOptions } from '../../batch/label-options.ts';
import type { SamplingOptions } from '../../sources/ffmpeg/sampling.ts';
import type { ProgressCommand } from './interruptible.ts';

/** The parsed options of `sluice train`. */
export interface TrainCommand
  extends
    Pick<
      LabelOptions,
      | keyof SamplingOptions
      | 'every'
      | 'start'
      | 'end'
      | 'stream'
      | 'allowPlaylists'
      | 'toneMap'
      | 'ffmpeg'
      | 'hwaccel'
      | 'batch'
    >,
    JobOptions,
    ProgressCommand {
  readonly data: string;
  readonly out: string;
  readonly from: string;
  readonly output?: string | readonly string[];
  readonly engine: LabelOptions['engine'];
  readonly fineTune?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly heldOut?: number;
  readonly seed?: number;
  readonly format: 'text' | 'json';
}

/** The defaults of a new last stage. */
export const HEAD_DEFAULTS = { epochs: 40, batchSize: 32, learningRate: 1e-3, seed: 1 } as const;
