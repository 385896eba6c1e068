import { SourceError } from '../../errors/errors.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { OpenMedia } from './media.ts';

/** Refuses what has no frames to choose from, if some are asked for: pictures, and streams that are sent as they are recorded. */
export function checkCanSample({ input, info }: OpenMedia, { sample }: Pick<DecodeOptions, 'sample'>): void {
  if (sample === undefined) return;
  const { name, remote } = input;
  if (info.still) {
    const what = sample === 'keyframes' ? 'key frames' : 'scenes';
    throw new SourceError(
      'not-allowed',
      `${name}: a picture, and only videos have ${what}: leave out --sample (the option sample)`,
    );
  }
  if (remote && info.durationSeconds === undefined) {
    throw new SourceError(
      'not-allowed',
      `${name}: the server states no length, as of a live source, whose frames are taken as they come: leave out --sample (the option sample), or download the file first`,
    );
  }
}
