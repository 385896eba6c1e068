import { describeValue } from '../../../errors/describe-value.ts';
import type { Keypoints } from '../pose.ts';

/** Returns a result. Throws `RangeError` for one without poses, and for a coordinate that is not finite. */
export function checkedPoses<R extends Keypoints>(result: R): R {
  const { poses }: { readonly poses: unknown } = result;
  if (!Array.isArray(poses)) {
    throw new RangeError(`it needs the poses of keypoints(), but its result has ${describeValue(poses)} as poses`);
  }
  for (const [i, { points }] of result.poses.entries()) {
    const odd = points.find(({ x, y }) => !Number.isFinite(x) || !Number.isFinite(y));
    if (odd) throw new RangeError(`${odd.name} of pose ${i} is at ${odd.x}, ${odd.y}, which is no place`);
  }
  const { height } = result.picture;
  if (!(height > 0)) throw new RangeError(`its picture must have a height over 0, not ${describeValue(height)}`);
  return result;
}
