import type { Input, VideoSample, VideoSampleSink } from 'mediabunny';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { messageOf, OptionError, SourceError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkDecodeOptions } from '../ffmpeg/decode-options.ts';
import { chooseTrack } from './choose-track.ts';
import { checkEnd } from './file-end.ts';
import { microseconds } from './microseconds.ts';
import { SamplePixels } from './sample-pixels.ts';
import { untilLost } from './until-lost.ts';
import { isA } from '../../errors/is-a.ts';

/** Options of {@link videoFile}. */
export interface VideoFileOptions extends Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default: the name of the file. */
  readonly source?: string;
  /** Resizes while decoding. Default: the size of the video. */
  readonly resize?: ResizeOptions;
  /** Only frames from this time on, in seconds after the first frame of the file; their timestamps count from that frame too. */
  readonly start?: number;
  /** Emits frames before this time, in seconds after the first frame of the file. Default: the end. */
  readonly end?: number;
  /**
   * The number of the video stream to read, counted over all streams of the file. Default: the one that the file marks as its
   * default, or of several the one with the most pixels.
   */
  readonly stream?: number;
  /** Called if the file has several video streams and `stream` does not say which one to read. */
  readonly onWarning?: (warning: VideoFileWarning) => void;
}

/** Says which of several video streams of a file is read. */
export interface VideoFileWarning {
  readonly source: string;
  readonly code: 'stream';
  readonly message: string;
}

const NAMES: OptionNames<VideoFileOptions> = {
  source: true,
  resize: true,
  start: true,
  end: true,
  stream: true,
  onWarning: true,
  ...SOURCE_NAMES,
};

/**
 * The frames of a video file (browser): a `File`, a `Blob` or a URL, decoded by the browser's WebCodecs. By default they are
 * pulled as fast as they are released, and none is dropped.
 *
 * Every frame comes once and in order, upright, with square pixels, as full-range RGB. Timestamps count from the first frame. The
 * colours are computed as by `videoFile` in Node. The file is read by mediabunny, an optional peer dependency, which is loaded
 * when the source is subscribed to.
 *
 * Throws `OptionError`. Fails with a `SourceError`: code `no-reader` (mediabunny is not installed), `not-found`, `unreadable`
 * (the connection was lost), `not-a-video`, `no-video-stream`, `codec` (the browser cannot decode it, often HEVC),
 * `start-past-end`, `no-frames` (not a single frame could be decoded), or `damaged` (after the frames that could be decoded, if
 * the file breaks off).
 *
 * @see {@link imageFiles}, {@link webcam}, {@link "sluice".frameSource | frameSource}, {@link "sluice/node".videoFile | videoFile (Node)}
 *
 * @example
 * const file = new File(['…'], 'clip.mp4');
 * videoFile(file, { resize: { width: 224, height: 224 } }).subscribe({ next: draw, error: (error) => console.log(error.code) });
 */
export function videoFile(where: Blob | URL, options: VideoFileOptions = {}): Source<Pixels> {
  checkOptions('videoFile', options, NAMES);
  if (!isBlob(where) && !isA('URL', where)) {
    throw new OptionError('videoFile takes a File, a Blob or a URL here; paths are for sluice/node');
  }
  const { source = nameOf(where), onWarning, ...given } = options;
  checkDecodeOptions(given);
  const { resize, start, end, stream, ...admission } = given;
  const frames = { [Symbol.asyncIterator]: () => decoded(where, source, { resize, start, end, stream, onWarning }) };
  return frameSource(frames, { ...admission, source });
}

function isBlob(where: unknown): where is Blob {
  return isA('Blob', where) || isA('File', where);
}

function nameOf(where: Blob | URL): string {
  if (isA('URL', where)) return where.pathname.split('/').at(-1) || where.href;
  return isA('File', where) && where.name !== '' ? where.name : 'video';
}

type Clip = {
  readonly [Name in 'resize' | 'start' | 'end' | 'stream' | 'onWarning']: VideoFileOptions[Name] | undefined;
};

async function* decoded(
  where: Blob | URL,
  name: string,
  { resize, start, end, stream, onWarning }: Clip,
): AsyncGenerator<Arrival<Pixels>> {
  const reader = await load(name);
  const source = isBlob(where)
    ? new reader.BlobSource(where)
    : new reader.UrlSource(where, { getRetryDelay: untilLost() });
  const input: Input = new reader.Input({ source, formats: reader.ALL_FORMATS });
  try {
    const { track, choice } = await videoTrack(input, name, where, stream);
    if (choice !== undefined) onWarning?.({ source: name, code: 'stream', message: choice });
    const pixels = new SamplePixels(await track.getColorSpace(), resize);
    const ticksPerSecond = await track.getTimeResolution();
    const timeOf = ({ timestamp }: VideoSample) => microseconds(timestamp, ticksPerSecond);
    const sink = new reader.VideoSampleSink(track);
    const [from, to] = [start ?? 0, end ?? Infinity];
    let origin = from > 0 ? await firstTime(sink, name, timeOf) : undefined;
    const samples = sink.samples(from + (origin ?? 0) / 1e6);
    let frames = 0;
    try {
      for (;;) {
        const { done, value: sample } = await samples.next().catch((cause: unknown) => {
          // What fetch throws when a connection is lost.
          if (!isBlob(where) && (cause as Partial<Error>).name === 'TypeError') {
            throw new SourceError('unreadable', `${name}: the connection was lost: ${messageOf(cause)}`, { cause });
          }
          throw new SourceError('damaged', `${name} can't be decoded on: ${messageOf(cause)}`, { cause });
        });
        if (done) {
          const packets = new reader.EncodedPacketSink(track);
          return await checkEnd({ name, input, packets, frames, origin: (origin ?? 0) / 1e6, start, end });
        }
        let arrival: Arrival<Pixels> | undefined;
        try {
          // The track's frames before 0 are those an edit list hides.
          if (sample.timestamp >= 0) origin ??= timeOf(sample);
          const timestamp = timeOf(sample) - (origin ?? Infinity);
          if (timestamp >= Math.round(to * 1e6)) return;
          // The frame that is shown at `start` may have begun before it.
          if (timestamp >= Math.round(from * 1e6)) arrival = { data: await pixels.of(sample), timestamp };
        } finally {
          sample.close();
        }
        if (!arrival) continue;
        frames++;
        yield arrival;
      }
    } finally {
      await samples.return(undefined);
    }
  } finally {
    input.dispose();
  }
}

/** The file's time of its first frame, µs; 0 if it has none. */
async function firstTime(
  sink: VideoSampleSink,
  name: string,
  timeOf: (sample: VideoSample) => number,
): Promise<number> {
  try {
    for await (const sample of sink.samples(0)) {
      const [isShown, time] = [sample.timestamp >= 0, timeOf(sample)];
      sample.close();
      if (isShown) return time;
    }
  } catch (cause) {
    throw new SourceError('damaged', `${name} can't be decoded: ${messageOf(cause)}`, { cause });
  }
  return 0;
}

async function load(name: string) {
  try {
    return await import('mediabunny');
  } catch (cause) {
    throw new SourceError(
      'no-reader',
      `${name} is read by mediabunny, which is not here: npm install mediabunny (${messageOf(cause)})`,
      { cause },
    );
  }
}

async function videoTrack(input: Input, name: string, where: Blob | URL, stream: number | undefined) {
  const noVideo = (cause?: unknown) =>
    new SourceError('not-a-video', `${name} is no video: MP4, MOV, WebM, Matroska, MPEG-TS and the like can be read`, {
      cause,
    });
  let chosen: Awaited<ReturnType<typeof chooseTrack>>;
  try {
    if (!(await input.canRead())) throw noVideo();
    chosen = await chooseTrack(input, name, stream);
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    // What is in the page can be read: the reader fails on what it holds, as on files of a few bytes.
    if (isBlob(where)) throw noVideo(cause);
    throw new SourceError('not-found', `${name} can't be read: ${messageOf(cause)}`, { cause });
  }
  const { track } = chosen;
  if (await track.canDecode()) return chosen;
  const codec = (await track.getCodecParameterString()) ?? track.codec ?? 'unknown';
  throw new SourceError(
    'codec',
    `${name} is coded as ${codec}, which this browser can't decode: convert it to H.264 or VP9`,
  );
}
