import type { Shape } from '../../stage/shape.ts';
import { MAX_RANK } from '../limits.ts';
import type { Block } from './block.ts';

/** @internal Reads a shape: `[]` for one value, `[0]` for none. Throws `WeightsError` for more values than can be counted. */
export function readDataspace(block: Block): Shape {
  const version = block.version('a dataspace', [1, 2]);
  const rank = block.uint(1);
  if (rank > MAX_RANK) throw block.source.wrong(`one of its shapes has ${rank} dimensions`);
  block.skip(1);
  const type = block.uint(1);
  if (version === 1) block.skip(4);
  else if (type === NO_VALUES) return [0];
  const shape = Array.from({ length: rank }, () => block.length());
  const values = shape.reduce((product, size) => product * size, 1);
  // Infinity × 0 is NaN.
  if (!Number.isSafeInteger(values)) throw block.source.wrong(`one of its shapes is [${shape.join(', ')}]`);
  return shape;
}

const NO_VALUES = 2;
