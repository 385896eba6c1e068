import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expectTypeOf, test } from 'vitest';
import type { Misfit, PipeMisfit, Pixels } from 'sluice';

describe('the sentence about a stage of a pipeline', () => {
  test('names both stages, both types and a remedy', () => {
    expectTypeOf<
      Misfit<Tensor4D, Tensor2D, 1, 2>
    >().toEqualTypeOf<'stage 2 takes Tensor2D (rows of values), but stage 1 gives Tensor4D (pictures as numbers): put flatten() or globalAvgPool() between them'>();
    expectTypeOf<
      Misfit<Tensor2D, Tensor4D, 4, 5>
    >().toEqualTypeOf<'stage 5 takes Tensor4D (pictures as numbers), but stage 4 gives Tensor2D (rows of values): put reshape() between them'>();
    expectTypeOf<
      Misfit<Pixels, Tensor4D, 1, 2>
    >().toEqualTypeOf<'stage 2 takes Tensor4D (pictures as numbers), but stage 1 gives Pixels (a picture as bytes): put preprocess() between them'>();
    expectTypeOf<
      Misfit<Tensor, Pixels, 1, 2>
    >().toEqualTypeOf<'stage 2 takes Pixels (a picture as bytes), but stage 1 gives Tensor (of any rank): put this stage before those that take tensors'>();
  });

  test('has no remedy where none is known', () => {
    expectTypeOf<
      Misfit<Tensor3D, Tensor1D, 2, 3>
    >().toEqualTypeOf<'stage 3 takes Tensor1D, but stage 2 gives Tensor3D'>();
    expectTypeOf<
      Misfit<string, Tensor3D, 2, 3>
    >().toEqualTypeOf<'stage 3 takes Tensor3D, but stage 2 gives another type'>();
  });
});

test('the sentence about a stage in source.pipe(…) reminds of preprocess', () => {
  expectTypeOf<
    PipeMisfit<Tensor4D, Tensor2D>
  >().toEqualTypeOf<'this stage takes Tensor4D (pictures as numbers) and gives Tensor2D (rows of values), which does not fit here; pictures (Pixels) need preprocess() before stages that take tensors'>();
  // Not where the stage takes pictures itself.
  expectTypeOf<
    PipeMisfit<Pixels, Tensor4D>
  >().toEqualTypeOf<'this stage takes Pixels (a picture as bytes) and gives Tensor4D (pictures as numbers), which does not fit here'>();
});
