import { Subject, type Observable } from 'rxjs';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import { Source } from '../flow/gate/frame-source.ts';
import { SOURCE_NAMES, sourceOptions, type FrameSourceOptions } from '../flow/gate/settings.ts';
import type { Pixels } from '../stage/pixels.ts';
import { DECODE_NAMES, type DecodeOptions, type SourceWarning } from './ffmpeg/decode-options.ts';
import { decode } from './ffmpeg/decode.ts';
import { decodeLive } from './live/live-decoding.ts';
import type { VideoInfo } from './ffmpeg/video-info.ts';

/** Options of {@link videoFile}: those of the decoder, and those of every source. */
export type VideoFileOptions = DecodeOptions & Omit<FrameSourceOptions, 'source'>;

const NAMES: OptionNames<VideoFileOptions> = { ...DECODE_NAMES, ...SOURCE_NAMES };

/** The frames of a video file behind a gate; see {@link videoFile}. */
export class VideoSource extends Source<Pixels> {
  /** Warnings, such as damage, when they are found. The frames that can be decoded are emitted all the same. */
  readonly warnings: Observable<SourceWarning>;
  readonly #info: () => Promise<VideoInfo>;

  /** @internal `name`: the source's name, where it is not that of `where`. */
  constructor(where: string | URL, options: VideoFileOptions, name?: string) {
    checkOptions('videoFile', options, NAMES);
    const warnings = new Subject<SourceWarning>();
    // A policy that drops nothing needs no thread that reads on.
    const { policy = 'wait', changes } = options;
    const isLive = changes !== undefined || policy === 'latest' || policy === 'dropNewest';
    if (isLive && options.sample !== undefined) {
      const why = 'a live source gives the frames that there is time for';
      throw new OptionError(
        `videoFile: sample is for files that are read to their end; ${why}: leave out sample, policy and changes`,
      );
    }
    const open = isLive ? decodeLive : decode;
    const media = open(where, {
      ...options,
      onWarning: (warning) => {
        options.onWarning?.(warning);
        warnings.next(warning);
      },
    });
    super(media, { ...sourceOptions(options), source: name ?? media.name });
    this.warnings = warnings.asObservable();
    this.#info = () => media.info();
  }

  /** The size, duration and frame rate of the video, among others. The file is asked once; rejects with `SourceError`. */
  info(): Promise<VideoInfo> {
    return this.#info();
  }
}

/**
 * The frames of a video file (Node), decoded by an ffmpeg child process. By default they are pulled as fast as they are
 * released, and none is dropped.
 *
 * Every frame comes once and in order, upright, with square pixels, as full-range RGB. Timestamps count from the first frame;
 * docs/sources.md says what becomes of a file whose clock jumps. Unsubscribing ends the child process. Reads paths and `file:`, `http:` and `https:` URLs.
 *
 * Throws `OptionError`. Fails with `SourceError`; docs/flow.md lists the codes.
 *
 * @see {@link images}, {@link "sluice".frameSource | frameSource}, {@link "sluice/browser".videoFile | videoFile (browser)}
 *
 * @example
 * videoFile('clip.mp4', { resize: { width: 224, height: 224 } }).subscribe((frame) => {
 *   console.log(frame.label.timestamp, frame.data.width, frame.data.height);
 * });
 */
export function videoFile(where: string | URL, options: VideoFileOptions = {}): VideoSource {
  return new VideoSource(where, options);
}
