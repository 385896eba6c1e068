import { lastValueFrom, tap, type Observable } from 'rxjs';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { checkPixels, isPixels, type Pixels } from '../stage/pixels.ts';

const MAX_BYTES = 1e9;

/**
 * Copies at most so many pictures out of a stream, spread evenly over it: when there are too many, every second one is given up, and from
 * then on only every second frame is copied. Rejects with `OptionError` for frames that are no pictures, and for over 1 GB of pictures.
 */
export async function keptPictures(frames: Observable<Frame<Pixels>>, most: number): Promise<readonly Pixels[]> {
  let pictures: Pixels[] = [];
  let [seen, every, bytes] = [0, 1, 0];
  const keep = ({ data }: Frame<Pixels>) => {
    if (!isPixels(data)) throw new OptionError(`quantize takes frames of pictures, not of ${describeValue(data)}`);
    if (seen++ % every !== 0) return;
    if (pictures.length === most) {
      pictures = pictures.filter((_, i) => i % 2 === 0);
      every *= 2;
      if ((seen - 1) % every !== 0) return;
    }
    bytes += data.data.length;
    if (bytes > MAX_BYTES) {
      throw new OptionError(
        'the pictures to calibrate with are over 1 GB: let the source resize them (resize: model.preprocess), or take fewer',
      );
    }
    pictures.push({ ...checkPixels(data), data: data.data.slice() });
  };
  await lastValueFrom(frames.pipe(tap(keep)), { defaultValue: undefined });
  return pictures;
}
