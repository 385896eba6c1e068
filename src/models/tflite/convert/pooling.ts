import type { AnyStage } from '../../../stage/stage.ts';
import { avgPool } from '../../../stages/avg-pool.ts';
import { depthToSpace } from '../../../stages/depth-to-space.ts';
import { localResponseNorm } from '../../../stages/local-response-norm.ts';
import { maxPool } from '../../../stages/max-pool.ts';
import { ints } from '../../onnx/constant.ts';
import { isValue } from '../../onnx/value.ts';
import type { Convert } from '../conversion.ts';
import { activated } from './activations.ts';
import { paddingOf } from './convolution.ts';
import { channelsFirst, channelsLast, throughPictures } from './pictures.ts';

function pooled(make: (options: Parameters<typeof maxPool>[0]) => AnyStage): Convert {
  return (conversion) => {
    const { options } = conversion;
    const stage = make({
      poolSize: [options.int(4), options.int(3)],
      strides: [options.int(2), options.int(1)],
      padding: paddingOf(options.byte(0)),
    });
    return activated(conversion, 5, () => throughPictures(conversion, conversion.valueAt(), stage));
  };
}

/** @internal The mean of the values in each window; padding does not count. */
export const convertAveragePool2d = pooled((options) => avgPool(options));

/** @internal */
export const convertMaxPool2d = pooled((options) => maxPool(options));

/** @internal */
export const convertDepthToSpace: Convert = (conversion) => {
  const stage = depthToSpace({ blockSize: conversion.options.int(0), mode: 'DCR' });
  return throughPictures(conversion, conversion.valueAt(), stage);
};

/** @internal */
export const convertSpaceToDepth: Convert = (conversion) => {
  const blocksize = conversion.options.int(0);
  const made = conversion.as('SpaceToDepth', [channelsFirst(conversion.valueAt())], { blocksize });
  return made.map((operand) => (isValue(operand) ? channelsLast(operand) : operand));
};

/** @internal */
export const convertLocalResponseNormalization: Convert = (conversion) => {
  const { options } = conversion;
  const told = { depthRadius: options.int(0), bias: options.float(1), alpha: options.float(2), beta: options.float(3) };
  return throughPictures(conversion, conversion.valueAt(), localResponseNorm(told));
};

/** @internal For an operator that resizes pictures. The fields say whether corners are aligned, and whether pixels have centres. */
export function resizing(mode: 'nearest' | 'linear', [align, centres]: readonly [number, number]): Convert {
  return (conversion) => {
    const { options } = conversion;
    const value = channelsFirst(conversion.valueAt());
    const sizes = ints([...value.shape.slice(0, 2), ...conversion.numbersAt(1)]);
    const half = mode === 'nearest' ? 'tf_half_pixel_for_nn' : 'half_pixel';
    const coordinates = options.flag(align) ? 'align_corners' : options.flag(centres) ? half : 'asymmetric';
    const made = conversion.as('Resize', [value, undefined, undefined, sizes], {
      mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: options.flag(align) ? 'round_prefer_ceil' : 'floor',
    });
    return made.map((operand) => (isValue(operand) ? channelsLast(operand) : operand));
  };
}
