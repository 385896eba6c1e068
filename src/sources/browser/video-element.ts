import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { elementFrames } from './element-frames.ts';
import { GRAB_NAMES, Grabber, type GrabOptions } from './grabber.ts';

/** Options of {@link videoElement}. */
export interface VideoElementOptions extends GrabOptions, Omit<FrameSourceOptions, 'source'> {
  /** Its name in labels; default `video`. */
  readonly source?: string;
}

const NAMES: OptionNames<VideoElementOptions> = { source: true, ...GRAB_NAMES, ...SOURCE_NAMES };

/**
 * The frames that a `<video>` shows, as it shows them (browser): what the pipeline can't take in time is dropped. For
 * every frame of a file, once, use `videoFile`. Completes when the video ends; playing and pausing it is the page's.
 *
 * Throws `OptionError` for what is no video element. Fails with `SourceError` `not-a-video` for one that can't be
 * played, `not-readable` for one of another site that does not allow its pictures to be read.
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
