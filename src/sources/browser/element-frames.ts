import { Observable } from 'rxjs';
import { messageOf, SourceError } from '../../errors/errors.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import type { Pixels } from '../../stage/pixels.ts';
import type { Grabber } from './grabber.ts';

/**
 * @internal The frames a video element shows, when it shows them, by `requestVideoFrameCallback`, else with the screen.
 * Times are the video's own; where it goes back (it was wound, or repeats itself) they go on from where they were. Frames
 * that it showed and that were not taken in time count as missed, where the browser counts them.
 */
export function elementFrames(video: HTMLVideoElement, grabber: Grabber): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    const byFrame = typeof (video as Partial<HTMLVideoElement>).requestVideoFrameCallback === 'function';
    let [offset, last, shown, presented] = [0, -Infinity, -1, Infinity];
    let request = 0;
    const take = (seconds: number, count = 0) => {
      if (subscriber.closed) return;
      const again = seconds === shown && !byFrame;
      shown = seconds;
      const missed = Math.max(0, count - presented - 1);
      presented = byFrame ? count : Infinity;
      if (!again && video.videoWidth > 0) {
        let timestamp = Math.round(seconds * 1e6) + offset;
        if (timestamp <= last) {
          offset += last + 1 - timestamp;
          timestamp = last + 1;
        }
        last = timestamp;
        try {
          subscriber.next({ data: grabber.grab(video, video.videoWidth, video.videoHeight), timestamp, missed });
        } catch (cause) {
          // A video of another site that does not allow it draws, but can't be read.
          subscriber.error(
            new SourceError('not-readable', `the video's pictures can't be read: ${messageOf(cause)}`, { cause }),
          );
          return;
        }
      }
      next();
    };
    const next = () => {
      if (byFrame)
        request = video.requestVideoFrameCallback((_, shows) => take(shows.mediaTime, shows.presentedFrames));
      else request = requestAnimationFrame(() => take(video.currentTime));
    };
    const ended = () => subscriber.complete();
    const failed = () =>
      subscriber.error(
        new SourceError('not-a-video', `the video can't be played: ${video.error?.message ?? 'unknown'}`),
      );
    video.addEventListener('ended', ended);
    video.addEventListener('error', failed);
    if (video.error) failed();
    else next();
    return () => {
      video.removeEventListener('ended', ended);
      video.removeEventListener('error', failed);
      if (byFrame) video.cancelVideoFrameCallback(request);
      else cancelAnimationFrame(request);
    };
  });
}
