// What the compiler says where a stage does not fit: types that are sentences.
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { Pixels } from './pixels.ts';

/**
 * The sentence that the compiler shows where a stage of a pipeline does not take what the stage before it gives.
 *
 * `Stage` is the position of the stage that does not fit, counted from 1; `Before` that of the stage before it.
 */
export type Misfit<
  Comes,
  Takes,
  Before extends number = number,
  Stage extends number = number,
> = `stage ${Stage} takes ${Described<Takes>}, but stage ${Before} gives ${Described<Comes>}${Remedy<Comes, Takes>}`;

/** What a stage takes or gives, in words. */
type Described<T> = [T] extends [Pixels]
  ? 'Pixels (a picture as bytes)'
  : [T] extends [Tensor4D]
    ? 'Tensor4D (pictures as numbers)'
    : [T] extends [Tensor3D]
      ? 'Tensor3D'
      : [T] extends [Tensor2D]
        ? 'Tensor2D (rows of values)'
        : [T] extends [Tensor1D]
          ? 'Tensor1D'
          : [T] extends [Tensor5D]
            ? 'Tensor5D'
            : [T] extends [Tensor]
              ? 'Tensor (of any rank)'
              : 'another type';

/** What to put between two stages, where that is known. */
type Remedy<Comes, Takes> = [Comes] extends [Pixels]
  ? ': put preprocess() between them'
  : [Takes] extends [Pixels]
    ? ': put this stage before those that take tensors'
    : [Comes, Takes] extends [Tensor4D, Tensor2D]
      ? ': put flatten() or globalAvgPool() between them'
      : [Comes, Takes] extends [Tensor2D, Tensor4D]
        ? ': put reshape() between them'
        : '';

/** The sentence that the compiler shows where a stage does not fit into `source.pipe(…)`. */
export type PipeMisfit<Takes, Gives> =
  `this stage takes ${Described<Takes>} and gives ${Described<Gives>}, which does not fit here${PipeRemedy<Takes>}`;

/** The most common mistake, where it can be one. */
type PipeRemedy<Takes> = [Takes] extends [Pixels]
  ? ''
  : '; pictures (Pixels) need preprocess() before stages that take tensors';
