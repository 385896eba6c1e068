import type { Tensor } from '@tensorflow/tfjs-core';
import { Subject, type Observable } from 'rxjs';
import { OptionError, type FrameLabel } from '../errors.ts';
import { count, type Shape } from '../shape.ts';
import type { AnyStage, Kernel, Stage } from '../stage.ts';

/** What a stage gave for one frame. */
export interface Activations {
  readonly label: FrameLabel;
  readonly stage: string;
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** Options of {@link tapActivations}. */
export interface TapOptions {
  /** One frame in so many (by `seq`). Default 1. */
  readonly every?: number;
  /** Which of a pipeline's stages; default: the last. */
  readonly at?: string;
}
