import type { Fit, ResizeMethod } from '../../preprocess/fit.ts';
import type { ChannelOrder } from '../../preprocess/to-tensor.ts';
import type { NormalizeOptions } from '../../stage/normalization.ts';

/** What files state about how pictures are prepared for a model. What they do not state is missing. */
export interface StatedPreparation {
  /** The size of the model's input. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly normalize?: NormalizeOptions;
  readonly channelOrder?: ChannelOrder;
  readonly fit?: Fit;
  readonly centralFraction?: number;
  readonly resizeMethod?: ResizeMethod;
}

/** What a file beside or in a model states about it. */
export interface StatedSettings {
  readonly labels?: readonly string[];
  readonly preparation: StatedPreparation;
  /** What is stated that sluice does not do, each as a sentence for a warning. */
  readonly remarks: readonly string[];
}
