import { Observable } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, OptionError, SourceError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { GRAB_NAMES, Grabber, type GrabOptions } from './grabber.ts';
import { isA } from '../../errors/is-a.ts';

/** Options of {@link canvas}. */
export interface CanvasOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default `canvas`. */
  readonly source?: string;
  /** The most pictures per second. Default: the refresh rate of the screen. */
  readonly frameRate?: number;
}

const NAMES: OptionNames<CanvasOptions> = { source: true, frameRate: true, ...GRAB_NAMES, ...SOURCE_NAMES };

/**
 * The pictures of a `<canvas>`, read when the screen is redrawn (browser). Pictures that come while the pipe is busy are
 * dropped, except the newest. Timestamps are those of `performance.now()`, in µs. The source does not complete.
 *
 * Throws `OptionError`. Fails with a `SourceError` (code `not-readable`) if the canvas has content of another site.
 *
 * @see {@link webcam}, {@link videoElement}, {@link "sluice".frameSource | frameSource}
 *
 * @example
 * canvas(document.createElement('canvas'), { frameRate: 10 }).subscribe(draw).unsubscribe();
 */
export function canvas(element: HTMLCanvasElement, options: CanvasOptions = {}): Source<Pixels> {
  checkOptions('canvas', options, NAMES);
  if (!isA('HTMLCanvasElement', element)) throw new OptionError('canvas takes a <canvas> element');
  const { source = 'canvas', resize, flip, frameRate = Infinity, ...admission } = options;
  if (typeof frameRate !== 'number' || !(frameRate > 0))
    throw new OptionError(`canvas: frameRate must be a number over 0, not ${describeValue(frameRate)}`);
  const grabber = new Grabber({ resize, flip });
  return frameSource(drawnFrames(element, grabber, 1000 / frameRate), { ...admission, source });
}

function drawnFrames(element: HTMLCanvasElement, grabber: Grabber, interval: number): Observable<Arrival<Pixels>> {
  return new Observable((subscriber) => {
    let due = -Infinity;
    let request = 0;
    const take = (now: number) => {
      request = requestAnimationFrame(take);
      // Refresh rates are not exact, so a millisecond early counts.
      if (now < due - 1 || element.width === 0 || element.height === 0) return;
      due = (now - due > interval ? now : due) + interval;
      try {
        const data = grabber.grab(element, element.width, element.height);
        subscriber.next({ data, timestamp: Math.round(now * 1000) });
      } catch (cause) {
        subscriber.error(new SourceError('not-readable', `the canvas can't be read: ${messageOf(cause)}`, { cause }));
      }
    };
    request = requestAnimationFrame(take);
    return () => cancelAnimationFrame(request);
  });
}
