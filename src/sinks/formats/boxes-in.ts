import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Detection } from '../../tasks/detection/detected-box.ts';

/** The detection that a result is. Throws `OptionError` for the result of another task. */
export function detectionIn(writer: string, result: StoredResult<object>): StoredResult<Detection> {
  const { boxes, picture } = result as Partial<Detection>;
  if (Array.isArray(boxes) && typeof picture === 'object') return result as StoredResult<Detection>;
  throw new OptionError(`${writer} writes boxes, but a result of ${describeValue(result.source)} has none`);
}
