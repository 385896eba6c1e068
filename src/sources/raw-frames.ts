import type { Readable } from 'node:stream';
import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError, SluiceError, SourceError } from '../errors/errors.ts';
import type { Arrival } from '../flow/gate/arrival.ts';
import { frameSource, type Source } from '../flow/gate/frame-source.ts';
import { FRAME_SOURCE_NAMES, type FrameSourceOptions } from '../flow/gate/settings.ts';
import { MAX_SIDE } from '../preprocess/fit.ts';
import { isBytes, type Pixels } from '../stage/pixels.ts';
import type { Picture } from '../stage/picture.ts';
import { FrameAssembler } from './ffmpeg/frame-assembler.ts';

/** Options of {@link rawFrames}: what the bytes are, and the options of every source. */
export interface RawFramesOptions extends FrameSourceOptions {
  /** Pixels, 1 to 16,384. */
  readonly width: number;
  /** Pixels, 1 to 16,384. */
  readonly height: number;
  /** Bytes of a pixel: 3 (RGB), 4 (RGBA), 1 (grey) or 2 (grey and alpha). */
  readonly channels: number;
  /** Frames per second: frame n has the timestamp n / fps. Over 0, at most 100,000. */
  readonly fps: number;
}

const NAMES: OptionNames<RawFramesOptions> = {
  width: true,
  height: true,
  channels: true,
  fps: true,
  ...FRAME_SOURCE_NAMES,
};

const MAX_FPS = 100_000;

/**
 * The frames in a Node stream of raw pixels (Node): the standard output of a decoder, a pipe, a socket. Each frame is
 * `width * height * channels` bytes, row by row, without anything between frames.
 *
 * The stream is read when a lease is free, so it waits when the pipe is busy. It can be read once; it is destroyed when the
 * subscription ends.
 *
 * Throws `OptionError`. Fails with a `SourceError`: code `damaged` if the stream ends within a frame, `no-frames` if it is
 * empty, `unreadable` if it fails, `ended` if it was subscribed to before.
 *
 * @see {@link videoFile}, {@link "sluice".frameSource | frameSource}
 *
 * @example
 * import { Readable } from 'node:stream';
 *
 * const stream = Readable.from([new Uint8Array(2 * 4 * 4 * 3)]);
 * rawFrames(stream, { width: 4, height: 4, channels: 3, fps: 25 }).subscribe(({ label }) => console.log(label.timestamp));
 * // 0
 * // 40000
 */
export function rawFrames(stream: Readable, options: RawFramesOptions): Source<Pixels> {
  checkOptions('rawFrames', options, NAMES);
  const { width, height, channels, fps, source = 'raw', ...admission } = options;
  for (const [name, side] of Object.entries({ width, height })) {
    check(name, side, Number.isInteger(side) && side >= 1 && side <= MAX_SIDE, `a whole number from 1 to ${MAX_SIDE}`);
  }
  check('channels', channels, [1, 2, 3, 4].includes(channels), '1, 2, 3 or 4');
  check('fps', fps, fps > 0 && fps <= MAX_FPS, `over 0 and at most ${MAX_FPS}`);
  const given: Partial<Readable> | null = stream;
  if (typeof given?.[Symbol.asyncIterator] !== 'function' || typeof given.destroy !== 'function') {
    throw new OptionError(`rawFrames takes a Readable of node:stream, not ${describeValue(stream)}`);
  }
  let used = false;
  const open = (): AsyncIterator<Arrival<Picture>, undefined> => {
    const again = used;
    used = true;
    const frames = again ? readAgain() : framesIn(stream, { width, height, channels, fps });
    return {
      next: () => frames.next(),
      // The generator may wait for bytes that never come: destroying the stream ends that.
      return(): Promise<IteratorResult<Arrival<Picture>, undefined>> {
        if (!again) stream.destroy();
        return frames.return(undefined);
      },
    };
  };
  return frameSource({ [Symbol.asyncIterator]: open } as AsyncIterable<Arrival<Picture>>, { ...admission, source });
}

type Layout = Pick<RawFramesOptions, 'width' | 'height' | 'channels' | 'fps'>;

async function* framesIn(
  stream: Readable,
  { width, height, channels, fps }: Layout,
): AsyncGenerator<Arrival<Picture>, undefined> {
  const size = width * height * channels;
  const assembler = new FrameAssembler(size);
  let seq = 0;
  try {
    for await (const chunk of stream as AsyncIterable<unknown>) {
      if (!isBytes(chunk)) {
        throw new SourceError(
          'unreadable',
          `rawFrames: the stream gave ${describeValue(chunk)}, not bytes: set no encoding`,
        );
      }
      for (let at = 0; at < chunk.length; at += size) {
        assembler.push(chunk.subarray(at, at + size) as Uint8Array);
        const data = assembler.take();
        if (data) yield { data: { width, height, channels, data }, timestamp: Math.round((seq++ * 1e6) / fps) };
      }
    }
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SourceError('unreadable', `rawFrames: the stream failed: ${messageOf(cause)}`, { cause });
  }
  const { pending } = assembler;
  if (pending > 0) {
    const frame = `${width}×${height} with ${channels} channels`;
    throw new SourceError(
      'damaged',
      `rawFrames: the stream ended within frame ${seq}: ${pending} of the ${size} bytes of ${frame} came`,
    );
  }
  if (seq === 0)
    throw new SourceError('no-frames', 'rawFrames: the stream ended without a frame: look at what writes it');
  return undefined;
}

// eslint-disable-next-line require-yield
async function* readAgain(): AsyncGenerator<Arrival<Picture>, undefined> {
  throw new SourceError('ended', 'rawFrames: a stream can be read only once: make a new one to subscribe again');
}

function check(name: string, value: unknown, good: boolean, expected: string): void {
  if (!good) throw new OptionError(`rawFrames: ${name} must be ${expected}, not ${describeValue(value)}`);
}
