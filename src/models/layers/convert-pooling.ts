import type { Shape } from '../../stage/shape.ts';
import { globalAvgPool } from '../../stages/global-avg-pool.ts';
import { globalMaxPool } from '../../stages/global-max-pool.ts';
import { reduce } from '../../stages/reduce.ts';
import type { StageConversion } from './conversion.ts';
import { setting, type Layer } from './layer.ts';
import { isChannelsFirst } from './moved-axis.ts';

/** @internal For a layer that makes one value of each channel of pictures, or of rows. */
export function globalPooling(kind: 'mean' | 'maximum'): StageConversion {
  return (layer, { input }) => {
    const keepDims = setting(layer, 'keepdims') === true;
    const rank = input?.length ?? 4;
    if (rank === 4 && !keepDims && !isChannelsFirst(layer)) {
      return { stage: kind === 'mean' ? globalAvgPool() : globalMaxPool() };
    }
    return { stage: reduce({ kind, axes: pooledAxes(layer, rank), keepDims }) };
  };
}

function pooledAxes(layer: Layer, rank: number): Shape {
  const first = isChannelsFirst(layer) ? 2 : 1;
  return Array.from({ length: rank - 2 }, (_, i) => first + i);
}
