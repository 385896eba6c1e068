import { Observable, type OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import type { ErrorCode } from '../../errors/error-code.ts';
import { OptionError, ShapeError, type SluiceError } from '../../errors/errors.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { opaqueData, type Pixels } from '../../stage/pixels.ts';
import { Encoder } from '../annotate/encoder.ts';
import { checkWritable } from '../files/byte-sink.ts';

/** Options of {@link videoOut}. */
export interface VideoOutOptions {
  /** The path of the ffmpeg that encodes. Default: the one that sluice finds. */
  readonly ffmpeg?: string;
}

/** A video that {@link videoOut} has written. */
export interface WrittenVideo {
  readonly path: string;
  readonly frames: number;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

const NAMES: OptionNames<VideoOutOptions> = { ffmpeg: true };

/**
 * Writes pictures as a video with their times (Node): H.264 in MP4, in an ffmpeg process. Emits the {@link WrittenVideo} when the stream
 * has completed and the file is whole; only then it has its name. A frame counts as delivered when ffmpeg has taken it, and keeps its
 * lease until then, so that a slow encoder slows the source.
 *
 * All pictures have the size of the first one, and their timestamps increase; sides that are odd get one more row or column. Transparent
 * pixels are blended with white. If the stream fails or is unsubscribed from, nothing is kept.
 *
 * Throws `OptionError` for a path that is no `.mp4`. The stream fails with a `SluiceError` (`output`) if the file can't be written, as
 * on a full disk, with a `ShapeError` for a picture of another size, and with an `OptionError` for a stream without pictures.
 *
 * @see {@link imagesOut}, {@link drawResults}, {@link "sluice".withPicture | withPicture}
 *
 * @example
 * const model = await mobilenetV1();
 * videoFile('clip.mp4', { end: 1 })
 *   .pipe(withPicture(infer(model, { top: 1 })), drawResults(model.task), videoOut('labelled.mp4'))
 *   .subscribe(({ path, frames }) => console.log(path, frames)); // labelled.mp4 20
 */
export function videoOut(path: string, options: VideoOutOptions = {}): OperatorFunction<Frame<Pixels>, WrittenVideo> {
  if (typeof path !== 'string' || !/\.(mp4|m4v)$/i.test(path)) {
    throw new OptionError(`videoOut: the path must be that of an .mp4 file, not ${describeValue(path)}`);
  }
  checkOptions('videoOut', options, NAMES);
  return (frames) =>
    new Observable((subscriber) => {
      let video: OpenVideo | undefined;
      // What cannot be deleted stays: the stream has ended, or has an error that says why.
      const discard = async (): Promise<void> => video?.discard().catch(() => undefined);
      const write = async ({ data, label }: Frame<Pixels>): Promise<void> => {
        video ??= await OpenVideo.open(path, data, options);
        // Unsubscribing did not find it.
        if (subscriber.closed) return discard();
        await video.write(data, label.timestamp);
      };
      const commit = async (): Promise<void> => {
        if (!video) throw new OptionError(`videoOut: there is no picture to write to ${path}`);
        const written = await video.commit();
        if (subscriber.closed) return;
        subscriber.next(written);
        subscriber.complete();
      };
      const written = new Observable<never>((inner) => {
        const work = { name: 'videoOut', concurrency: 1, work: write, ends: isOfFile };
        const queue = new OrderedWork({ ...work, give: ({ lease }: Frame<Pixels>) => lease.markDelivered() }, inner);
        inner.add(() => queue.stop());
        queue.start(frames);
      });
      const fail = (error: unknown) => void discard().then(() => subscriber.error(error));
      subscriber.add(() => void discard());
      subscriber.add(written.subscribe({ error: fail, complete: () => void commit().catch(fail) }));
    });
}

/** The codes of errors that are not about one frame. */
const OF_FILE: readonly ErrorCode[] = ['output', 'option', 'shape', 'no-ffmpeg', 'bad-ffmpeg'];

function isOfFile({ code }: SluiceError): boolean {
  return OF_FILE.includes(code);
}

/** A video in progress. */
class OpenVideo {
  readonly #path: string;
  readonly #encoder: Encoder;
  readonly #size: Pick<Pixels, 'width' | 'height'>;
  #frames = 0;

  private constructor(path: string, encoder: Encoder, { width, height }: Pixels) {
    this.#path = path;
    this.#encoder = encoder;
    this.#size = { width, height };
  }

  static async open(path: string, first: Pixels, options: VideoOutOptions): Promise<OpenVideo> {
    checkWritable(path);
    return new OpenVideo(path, new Encoder(await locateFfmpeg(options.ffmpeg), path, first), first);
  }

  async write(pixels: Pixels, timestamp: number): Promise<void> {
    const { width, height } = this.#size;
    if (pixels.width !== width || pixels.height !== height) {
      throw new ShapeError(
        `videoOut: a picture has ${pixels.width}×${pixels.height} pixels, but ${this.#path} has ${width}×${height}: resize the pictures, or write a video for each source`,
      );
    }
    await this.#encoder.write({ ...pixels, channels: 3, data: opaqueData(pixels) }, timestamp);
    this.#frames++;
  }

  async commit(): Promise<WrittenVideo> {
    await this.#encoder.commit();
    return { path: this.#path, frames: this.#frames, ...this.#size };
  }

  discard(): Promise<void> {
    return this.#encoder.discard();
  }
}
