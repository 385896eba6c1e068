import type { CanvasSource, Output } from 'mediabunny';
import type { Classification, FrameResult, Pixels } from 'sluice';
import { drawAnnotated } from '../draw/draw-annotated.ts';
import { paintPixels } from '../draw/paint-pixels.ts';

/** Kept in memory until it is saved. */
const LONGEST = 5 * 60;
const WIDEST = 1280;

export interface Recording {
  readonly name: string;
  readonly content: Blob;
}

/** Makes a video of the frames that are labelled, with their labels, at the times they were filmed. */
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

  /** Takes a frame, unless the one before is still being coded; throws what the encoder does. */
  async add(picture: Pixels, result: FrameResult<Classification>): Promise<void> {
    if (this.#adding || this.full) return;
    this.#adding = this.#code(picture, result);
    try {
      await this.#adding;
    } finally {
      this.#adding = undefined;
    }
  }

  /** The video; none where no frame came. */
  async finish(): Promise<Recording | undefined> {
    // Who adds it hears what is wrong with it.
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

  async #code(picture: Pixels, result: FrameResult<Classification>): Promise<void> {
    const { width, height } = this.#sizeFor(picture);
    const { source } = await (this.#started ??= start(this.#canvas));
    paintPixels(this.#picture, picture);
    drawAnnotated(this.#canvas, this.#picture, result, { width, height });
    // A clip that begins again, or another source, goes on where the last frame was.
    const passed = (result.timestamp - (this.#last ?? result.timestamp)) / 1e6;
    this.#seconds += this.#last === undefined ? 0 : passed > 0 && passed < 10 ? passed : 1 / 30;
    this.#last = result.timestamp;
    await source.add(this.#seconds, 1 / 30);
  }

  /** Decided by the first frame: a video does not change its size. Encoders want even numbers. */
  #sizeFor({ width, height }: Pixels): { width: number; height: number } {
    if (this.#started) return this.#canvas;
    const scale = Math.min(1, WIDEST / width);
    const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
    return Object.assign(this.#canvas, { width: even(width), height: even(height) });
  }
}

/** MP4 where the browser can write H.264, else WebM. */
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
  if (!codec) throw new Error(`This browser can't write video of ${width} × ${height}. Chrome, Edge and Safari can.`);
  const source = new CanvasSource(canvas, { codec, quality: QUALITY_HIGH });
  const format = codec === 'avc' ? new Mp4OutputFormat() : new WebMOutputFormat();
  const output = new Output({ format, target: new BufferTarget() });
  output.addVideoTrack(source);
  await output.start();
  return { output, source };
}
