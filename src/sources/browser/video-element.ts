import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { elementFrames } from './element-frames.ts';
import { GRAB_NAMES, Grabber, type GrabOptions } from './grabber.ts';
import { isA } from '../../errors/is-a.ts';

/** Options of {@link videoElement}. */
export interface VideoElementOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default `video`. */
  readonly source?: string;
}

const NAMES: OptionNames<VideoElementOptions> = { source: true, ...GRAB_NAMES, ...SOURCE_NAMES };

/**
 * The frames of a `<video>` element, when it shows them (browser). Frames that come while the pipe is busy are dropped, except
 * the newest; to get every frame of a file once, use `videoFile`. The page plays and pauses the video. Completes when the
 * video ends.
 *
 * Throws `OptionError`. Fails with a `SourceError`: code `not-a-video` if the video cannot be played, `not-readable` if it is
 * from another site that does not allow reading its pixels.
 *
 * @see {@link webcam}, {@link canvas}, {@link "sluice".frameSource | frameSource}
 *
 * @example
 * const video = document.createElement('video');
 * videoElement(video, { resize: { width: 224, height: 224 } }).subscribe(draw).unsubscribe();
 */
export function videoElement(video: HTMLVideoElement, options: VideoElementOptions = {}): Source<Pixels> {
  checkOptions('videoElement', options, NAMES);
  if (!isA('HTMLVideoElement', video)) throw new OptionError('videoElement takes a <video> element');
  const { source = 'video', resize, flip, ...admission } = options;
  const grabber = new Grabber({ resize, flip });
  return frameSource(elementFrames(video, grabber), { ...admission, source });
}
