import type { CanvasSource, Output } from 'mediabunny';
import type { Pixels } from 'sluice';
import { drawAnnotated } from '../draw/draw-annotated.ts';
import { paintPixels } from '../draw/paint-pixels.ts';
import { shownPicture } from '../draw/paint-result.ts';
import type { TaskResult } from '../run/news.ts';

/** In seconds: a recording is kept in memory until it is saved. */
const LONGEST = 5 * 60;
const WIDEST = 1280;

export interface Recording {
  readonly name: string;
  readonly content: Blob;
}

/** Makes a video of the frames that have results, with the results drawn on them, at the frames' own times. */
export class Recorder {
  readonly #picture = new OffscreenCanvas(1, 1);
  readonly #canvas = new OffscreenCanvas(1, 1);
  #started: Promise<{ output: Output; source: CanvasSource }> | undefined;
  #last: number | undefined;
  #seconds = 0;
  #adding: Promise<void> | undefined;

  get seconds(): number {
    return this.#seconds;
  }

  get full(): boolean {
    return this.#seconds >= LONGEST;
  }

  /** Adds a frame. Skips it while the one before is still being encoded. Throws the encoder's errors. */
  async add(picture: Pixels, labelled: TaskResult): Promise<void> {
    if (this.#adding || this.full) return;
    this.#adding = this.#encode(picture, labelled);
    try {
      await this.#adding;
    } finally {
      this.#adding = undefined;
    }
  }

  /** The video; undefined if no frame was added. */
  async finish(): Promise<Recording | undefined> {
    // `add` reports this error.
    await this.#adding?.catch(() => undefined);
    if (!this.#started) return undefined;
    const { BufferTarget } = await import('mediabunny');
    const { output } = await this.#started;
    await output.finalize();
    const { target, format } = output;
    if (!(target instanceof BufferTarget) || !target.buffer) return undefined;
    return { name: `sluice${format.fileExtension}`, content: new Blob([target.buffer], { type: format.mimeType }) };
  }

  async cancel(): Promise<void> {
    await (await this.#started)?.output.cancel();
  }

  async #encode(picture: Pixels, labelled: TaskResult): Promise<void> {
    this.#sizeFor(shownPicture(picture, labelled));
    const { source } = await (this.#started ??= start(this.#canvas));
    paintPixels(this.#picture, shownPicture(picture, labelled));
    drawAnnotated(this.#canvas, this.#picture, labelled);
    const { timestamp } = labelled.result;
    // When a clip starts again, or the source changes, the video continues after its last frame.
    const passed = (timestamp - (this.#last ?? timestamp)) / 1e6;
    this.#seconds += this.#last === undefined ? 0 : passed > 0 && passed < 10 ? passed : 1 / 30;
    this.#last = timestamp;
    await source.add(this.#seconds, 1 / 30);
  }

  /** The size of the video: that of the first frame, scaled down if it is too wide. Encoders need even numbers. */
  #sizeFor({ width, height }: Pixels): void {
    if (this.#started) return;
    const scale = Math.min(1, WIDEST / width);
    const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
    Object.assign(this.#canvas, { width: even(width), height: even(height) });
  }
}

/** Starts a video: MP4 if the browser can encode H.264, otherwise WebM. */
async function start(canvas: OffscreenCanvas): Promise<{ output: Output; source: CanvasSource }> {
  const {
    BufferTarget,
    CanvasSource,
    getFirstEncodableVideoCodec,
    Mp4OutputFormat,
    Output,
    QUALITY_HIGH,
    WebMOutputFormat,
  } = await import('mediabunny');
  const { width, height } = canvas;
  const codec = await getFirstEncodableVideoCodec(['avc', 'vp9', 'vp8'], { width, height, quality: QUALITY_HIGH });
  if (!codec)
    throw new Error(`This browser can't encode video of ${width} × ${height} pixels. Use Chrome, Edge or Safari.`);
  const source = new CanvasSource(canvas, { codec, quality: QUALITY_HIGH });
  const format = codec === 'avc' ? new Mp4OutputFormat() : new WebMOutputFormat();
  const output = new Output({ format, target: new BufferTarget() });
  output.addVideoTrack(source);
  await output.start();
  return { output, source };
}
