import { SourceError } from '../../errors/errors.ts';
import type { PictureView } from '../../frames/picture-view.ts';
import { lookOf, type Pixels } from '../../stage/pixels.ts';
import type { Grabber, GrabOptions } from './grabber.ts';

/**
 * @internal A frame of a camera whose pixels are read when they are first asked for: a frame that the gate drops is never read,
 * and one that goes to a worker is read there. Until then it holds the camera's own frame.
 */
export class CameraPicture implements Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels = 4;
  readonly resized?: string;
  readonly view?: PictureView | undefined;
  declare readonly data: Uint8ClampedArray;
  /** How the pixels are read. */
  readonly #grabber: Grabber;
  #frame: VideoFrame | undefined;
  #data: Uint8ClampedArray | undefined;
  #isSent = false;

  constructor(frame: VideoFrame, grabber: Grabber) {
    this.#frame = frame;
    this.#grabber = grabber;
    const { width, height, resized, view } = grabber.look(frame.displayWidth, frame.displayHeight);
    this.width = width;
    this.height = height;
    if (resized !== undefined) this.resized = resized;
    if (view) this.view = view;
    // A property of its own, so that a copy (`{ ...picture }`) has the pixels as well.
    Object.defineProperty(this, 'data', { enumerable: true, get: () => this.#read() });
  }

  get byteLength(): number {
    return this.width * this.height * this.channels;
  }

  /**
   * A second handle of the camera's frame, to be read elsewhere as `options` say; undefined if it was read already. The caller
   * calls `handOver` soon, since a camera has few frames.
   */
  send(): { readonly frame: VideoFrame; readonly options: GrabOptions } | undefined {
    if (!this.#frame) return undefined;
    this.#isSent = true;
    return { frame: this.#frame.clone(), options: this.#grabber.options };
  }

  /** Closes the frame here; reads its pixels before if they may be asked for before `filledWith`. */
  handOver(mayBeRead: boolean): void {
    if (mayBeRead) this.#read();
    this.#closeFrame();
  }

  /** The pixels were read elsewhere. False: they were not asked for. */
  filledWith(memory: ArrayBuffer): boolean {
    if (!this.#isSent) return false;
    this.#data ??= new Uint8ClampedArray(memory);
    this.#closeFrame();
    return true;
  }

  /** The same pixels, with nothing to be freed. */
  clone(): Pixels {
    return { ...lookOf(this), channels: this.channels, data: this.data };
  }

  /** Reads the pixels now, so that the camera gets its frame back; unless they are being read elsewhere. */
  settle(): void {
    if (this.#frame && !this.#isSent) this.#read();
  }

  /** Frees the camera's frame. The pixels may be used on, as those of any picture. */
  close(): void {
    if (this.#frame) this.#read();
  }

  /** Frees the camera's frame of a picture that nobody has seen. */
  discard(): void {
    this.#data ??= new Uint8ClampedArray();
    this.#closeFrame();
  }

  #read(): Uint8ClampedArray {
    const frame = this.#frame;
    if (!this.#data && frame) {
      try {
        const { data } = this.#grabber.grab(frame, frame.displayWidth, frame.displayHeight);
        this.#data = data as Uint8ClampedArray;
      } finally {
        this.#closeFrame();
      }
    }
    if (this.#data) return this.#data;
    throw new SourceError(
      'camera',
      'the pixels of this frame are in the worker: call frame.retain() to read them here',
    );
  }

  #closeFrame(): void {
    this.#frame?.close();
    this.#frame = undefined;
  }
}
