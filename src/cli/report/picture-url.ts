import { firstValueFrom, map } from 'rxjs';
import type { Mistake } from '../../evaluation/evaluation.ts';
import { bmpUrl } from '../../sinks/report/bmp-url.ts';
import { videoFile } from '../../sources/video-file.ts';

/** The longer side of a picture in a page, in pixels. */
const SIDE = 96;

/** A small copy of a frame as a data URL. Undefined where it can't be read any more. */
export async function pictureUrl(
  { source, timestamp }: Pick<Mistake, 'source' | 'timestamp'>,
  ffmpeg: string | undefined,
): Promise<string | undefined> {
  const start = timestamp > 0 ? { start: timestamp / 1e6 } : {};
  const resize = { width: SIDE, height: SIDE, fit: 'contain' } as const;
  try {
    const frames = videoFile(source, { resize, ...start, ...(ffmpeg === undefined ? {} : { ffmpeg }) });
    return await firstValueFrom(frames.pipe(map(({ data }) => bmpUrl(data))));
  } catch {
    return undefined;
  }
}
