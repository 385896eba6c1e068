import type { Input, InputVideoTrack } from 'mediabunny';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { messageOf, OptionError, SourceError } from '../../errors/errors.ts';
import { frameSource, type Source } from '../../flow/gate/frame-source.ts';
import type { Arrival } from '../../flow/gate/arrival.ts';
import { SOURCE_NAMES, type FrameSourceOptions } from '../../flow/gate/settings.ts';
import type { ResizeOptions } from '../../preprocess/fit.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkDecodeOptions } from '../ffmpeg/decode-options.ts';
import { checkEnd } from './file-end.ts';
import { microseconds } from './microseconds.ts';
import { SamplePixels } from './sample-pixels.ts';
import { isA } from '../../errors/is-a.ts';

/** Options of {@link videoFile}. */
export interface VideoFileOptions extends Omit<FrameSourceOptions, 'source'> {
  /** The name of the source in labels. Default: the name of the file. */
  readonly source?: string;
  /** Resizes while decoding. Default: the size of the video. */
  readonly resize?: ResizeOptions;
  /** Only frames from this time on, in seconds; the timestamps count from the same moment. */
  readonly start?: number;
  /** Emits frames before this time, in seconds. Default: the end. */
  readonly end?: number;
}

const NAMES: OptionNames<VideoFileOptions> = {
  source: true,
  resize: true,
  start: true,
  end: true,
  ...SOURCE_NAMES,
};

/**
 * The frames of a video file (browser): a `File`, a `Blob` or a URL, decoded by the browser's WebCodecs. By default they are
 * pulled as fast as they are released, and none is dropped.
 *
 * Every frame comes once and in order, with the file's own timestamp, upright, with square pixels, as full-range RGB; the
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
  const { source = nameOf(where), resize, start, end, ...admission } = options;
  checkDecodeOptions(options);
  const frames = { [Symbol.asyncIterator]: () => decoded(where, source, { resize, start, end }) };
  return frameSource(frames, { ...admission, source });
}

function isBlob(where: unknown): where is Blob {
  return isA('Blob', where) || isA('File', where);
}

function nameOf(where: Blob | URL): string {
  if (isA('URL', where)) return where.pathname.split('/').at(-1) || where.href;
  return isA('File', where) && where.name !== '' ? where.name : 'video';
}

interface Clip {
  readonly resize: ResizeOptions | undefined;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

async function* decoded(
  where: Blob | URL,
  name: string,
  { resize, start, end }: Clip,
): AsyncGenerator<Arrival<Pixels>> {
  const reader = await load(name);
  const source = isBlob(where)
    ? new reader.BlobSource(where)
    : new reader.UrlSource(where, { getRetryDelay: untilLost() });
  const input: Input = new reader.Input({ source, formats: reader.ALL_FORMATS });
  try {
    const track = await videoTrack(input, name, where);
    const pixels = new SamplePixels(await track.getColorSpace(), resize);
    const ticksPerSecond = await track.getTimeResolution();
    // The track's frames before 0 are those an edit list hides.
    const from = start ?? 0;
    const samples = new reader.VideoSampleSink(track).samples(from, end);
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
          return await checkEnd({ name, input, packets, frames, start, end });
        }
        let arrival: Arrival<Pixels> | undefined;
        try {
          // The frame that is shown at `start` may have begun before it.
          if (sample.timestamp >= from) {
            arrival = { data: await pixels.of(sample), timestamp: microseconds(sample.timestamp, ticksPerSecond) };
          }
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

/** So many failures within this time, in ms, and a server counts as lost. */
const LOST = { failures: 4, within: 30_000 };

/** How long to wait after each failed request, in seconds; null when the server is lost. mediabunny by itself never gives up. */
function untilLost(): () => number | null {
  let failures: number[] = [];
  return () => {
    const at = performance.now();
    failures = [...failures.filter((before) => at - before < LOST.within), at];
    return failures.length < LOST.failures ? 0.25 * 2 ** failures.length : null;
  };
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

async function videoTrack(input: Input, name: string, where: Blob | URL): Promise<InputVideoTrack> {
  const noVideo = (cause?: unknown) =>
    new SourceError('not-a-video', `${name} is no video: MP4, MOV, WebM, Matroska, MPEG-TS and the like can be read`, {
      cause,
    });
  let track: InputVideoTrack | null;
  try {
    if (!(await input.canRead())) throw noVideo();
    track = await input.getPrimaryVideoTrack();
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    // What is in the page can be read: the reader fails on what it holds, as on files of a few bytes.
    if (isBlob(where)) throw noVideo(cause);
    throw new SourceError('not-found', `${name} can't be read: ${messageOf(cause)}`, { cause });
  }
  if (!track && (await input.getTracks()).length === 0) {
    throw new SourceError(
      'damaged',
      `${name} has no list of its contents: it was cut off, or its recording was not finished. Copy or download it again`,
    );
  }
  if (!track) throw new SourceError('no-video-stream', `${name} has no video in it`);
  if (await track.canDecode()) return track;
  const codec = (await track.getCodecParameterString()) ?? track.codec ?? 'unknown';
  throw new SourceError(
    'codec',
    `${name} is coded as ${codec}, which this browser can't decode: convert it to H.264 or VP9`,
  );
}
