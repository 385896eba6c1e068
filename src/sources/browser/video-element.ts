import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { elementFrames } from './element-frames.ts';
import { GRAB_NAMES, Grabber, type GrabOptions } from './grabber.ts';

/** Options of {@link videoElement}. */
export interface VideoElementOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default: `video`. */
  readonly source?: string;
}

const NAMES: OptionNames<VideoElementOptions> = { source: true, ...GRAB_NAMES, ...SOURCE_NAMES };

/**
 * Emits the frames that a `<video>` shows, when it shows them (browser). Frames that the pipe has no time for are
 * dropped. For every frame of a file, use `videoFile`. The stream completes when the video ends; the page plays and
 * pauses the video.
 *
 * Throws `OptionError` for a value that is no video element. Fails with a `SourceError`: `not-a-video` if the video
 * cannot be played, `not-readable` if it comes from another site that does not allow reading it.
 *
 * @see {@link webcam}, {@link canvas}, {@link "sluice".frameSource | frameSource}
 *
 * @example
 * const video = document.createElement('video');
 * videoElement(video, { resize: { width: 224, height: 224 } }).subscribe(draw).unsubscribe();
 */
export function videoElement(video: HTMLVideoElement, options: VideoElementOptions = {}): Source<Pixels> {
  checkOptions('videoElement', options, NAMES);
  if (!(video instanceof HTMLVideoElement)) throw new OptionError('videoElement takes a <video> element');
  const { source = 'video', resize, flip, ...admission } = options;
  const grabber = new Grabber({ resize, flip });
  return frameSource(elementFrames(video, grabber), { ...admission, source });
}
