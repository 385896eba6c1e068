import { checkOptions } from '../errors/check-options.ts';
import { resolveResize, type ResizeOptions } from '../preprocess/fit.ts';
import { PREPROCESS_NAMES } from '../preprocess/preprocess.ts';

/**
 * @internal Checks the `resize` option of a source; throws `OptionError`. It may be all the options of `preprocess`, as in
 * `videoFile(path, { resize: model.preprocess })`: the source uses those of `resize`.
 */
export function checkResize(resize: ResizeOptions): Required<ResizeOptions> {
  checkOptions<ResizeOptions>('resize', resize, PREPROCESS_NAMES);
  return resolveResize(resize);
}
