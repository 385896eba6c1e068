import type { AnyStage } from '../../../stage/stage.ts';
import { avgPool } from '../../../stages/avg-pool.ts';
import { globalAvgPool } from '../../../stages/global-avg-pool.ts';
import { globalMaxPool } from '../../../stages/global-max-pool.ts';
import { l2Pool } from '../../../stages/l2-pool.ts';
import { maxPool } from '../../../stages/max-pool.ts';
import { zeroPad } from '../../../stages/zero-pad.ts';
import type { Sides } from '../../../stage/shape.ts';
import { flag, list, number } from '../attributes.ts';
import { unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import { tensorShape, type Value } from '../value.ts';
import { asPictures, throughPictures } from './pictures.ts';
import { isNone, windowOf, type OnnxWindow } from './windows.ts';

type PoolOptions = Parameters<typeof maxPool>[0];

/** @internal For an operator that pools. `counted` says whether the padding counts as zeros. */
function pooled(make: (options: PoolOptions) => AnyStage, counted: (conversion: Conversion) => boolean): Convert {
  return (conversion) => {
    const { node } = conversion;
    const kernel = list(node, 'kernel_shape') ?? [];
    const value = valueAt(conversion);
    const [, height = 1, width = 1] = tensorShape(asPictures(conversion, value));
    const window = windowOf(node, kernel, [height, width]);
    if (window.dilations.some((dilation) => dilation !== 1)) throw unsupported(`dilations ${window.dilations.join()}`);
    const { size: poolSize, strides, padding } = window;
    const isCounted = counted(conversion) && !isNone(padding);
    const from = isCounted ? padded(conversion, value, padding) : value;
    const around = withBeyond(window, isCounted);
    const stage = make({ poolSize, strides, padding: isNone(around) ? 'valid' : around });
    return throughPictures(conversion, from, stage);
  };
}

function padded(conversion: Conversion, value: Value, padding: Sides): Value {
  return throughPictures(conversion, value, zeroPad({ padding }), 'pad');
}

function withBeyond({ padding, beyond }: OnnxWindow, alreadyPadded: boolean): Sides {
  const side = (i: 0 | 1): [number, number] => {
    const [before, after] = alreadyPadded ? [0, 0] : padding[i];
    return [before, after + beyond[i]];
  };
  return [side(0), side(1)];
}

const never = () => false;

/** @internal */
export const convertMaxPool = pooled((options) => maxPool(options), never);

/** @internal */
export const convertAveragePool = pooled(
  (options) => avgPool(options),
  ({ node }) => flag(node, 'count_include_pad'),
);

/** @internal */
export const convertLpPool: Convert = (conversion) => {
  if (number(conversion.node, 'p', 2) !== 2) throw unsupported('p other than 2');
  return pooled((options) => l2Pool(options), never)(conversion);
};

/** For an operator that pools whole pictures. What comes out has one pixel for each picture. */
function wholePool(make: () => AnyStage): Convert {
  return (conversion) => {
    const value = valueAt(conversion);
    const picture = asPictures(conversion, value);
    const shape = value.shape.map((size, dimension) => (dimension < 2 ? size : 1));
    return conversion.build.stage(picture, make(), { shape, order: [1] });
  };
}

/** @internal */
export const convertGlobalAveragePool = wholePool(() => globalAvgPool());

/** @internal */
export const convertGlobalMaxPool = wholePool(() => globalMaxPool());
