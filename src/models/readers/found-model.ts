import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Pipeline } from '../../stages/pipeline.ts';
import type { LastOperation } from '../last-operation.ts';
import type { StatedPreparation } from '../metadata/stated-settings.ts';
import type { OutputKindOptions } from '../output-kind.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import type { PixelScaling } from '../pixel-scaling.ts';

/** What a reader has found in a model file and beside it. */
export interface FoundModel {
  /** The model's name in messages. */
  readonly file: string;
  readonly net: Pipeline<Tensor4D, Tensor>;
  /** The last operation before the only output, or before one of several. Default: by the network's stages. */
  readonly last?: ((output: string | undefined) => LastOperation) | undefined;
  /** How the network scales pixels itself, if its stages do not show it. */
  readonly scaling?: PixelScaling | undefined;
  /** What the files state besides the network. */
  readonly stated?: StatedByFiles | undefined;
}

/** What the files of a model state besides its network. */
export interface StatedByFiles extends OutputKindOptions {
  readonly labels?: readonly string[] | undefined;
  readonly preparation?: StatedPreparation;
  /** What its outputs are for, if these are no classes, values or vectors. */
  readonly taskSpec?: TaskSpec | undefined;
  /** What they state that sluice does not do. */
  readonly remarks?: readonly string[];
  /** Whether it is an export of Teachable Machine, whose models take pixels from −1 to 1. */
  readonly teachable?: boolean;
}
