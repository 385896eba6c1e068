import { Observable, type Subscriber } from 'rxjs';
import { pageTurn } from '../../engines/warm-ups.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { now } from '../../frames/clock.ts';
import { emit } from '../../frames/emit.ts';
import { Frame } from '../../frames/frame.ts';
import { Lease } from '../../frames/lease.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import { MAX_SIDE } from '../../preprocess/fit.ts';
import { checkPixels, lookOfWhole, viewOf, type Pixels } from '../../stage/pixels.ts';
import { cutTile } from '../../tasks/picture/cut-tile.ts';
import { Mosaic } from '../../tasks/picture/mosaic.ts';
import { scaled, tilesAlong, weightsOfTile } from '../../tasks/picture/tiles.ts';
import type { Painter } from './painter.ts';

/** A frame of a page at 60 Hz. */
const TURN_MS = 16;

/** Paints pictures with the network of one subscription, one tile after the other. */
export class TilePainter {
  readonly #painter: Painter;
  #tiles: Subscriber<Frame<Pixels>> | undefined;
  #turnedAt = now();
  #take: (colours: Float32Array) => void = () => undefined;

  constructor(painter: Painter) {
    this.#painter = painter;
  }

  /** Subscribes to the network. Calls `ready` when it is warmed up. */
  start(subscriber: Subscriber<unknown>, ready: () => void): void {
    const tiles = new Observable<Frame<Pixels>>((inner) => {
      this.#tiles = inner;
      ready();
    });
    subscribeWithin(tiles.pipe(this.#painter.network), subscriber, {
      next: (colours) => this.#take(colours),
      error: (error: unknown) => subscriber.error(error),
      complete: () => undefined,
    });
  }

  /** Paints a picture. Rejects with the error of the tile that failed. */
  async paint(given: Pixels, label: FrameLabel): Promise<Pixels> {
    const picture = checkPixels(given);
    const { tile, across, down } = this.#painter;
    const columns = tilesAlong(picture.width, tile.width, tile.overlap, across.down);
    const rows = tilesAlong(picture.height, tile.height, tile.overlap, down.down);
    const size = {
      width: Math.ceil(scaled(picture.width, across)),
      height: Math.ceil(scaled(picture.height, down)),
    };
    if (Math.max(size.width, size.height) > MAX_SIDE) {
      throw new RangeError(`the picture would have ${size.width} × ${size.height} pixels, over ${MAX_SIDE} on a side`);
    }
    const wide = (columns.starts.at(-1) ?? 0) + tile.width;
    const mosaic = new Mosaic(size, { width: scaled(wide, across), height: scaled(tile.height, down) });
    const acrossTiles = columns.starts.map((_, column) => weightsOfTile(columns, column, across));
    for (const [row, y] of rows.starts.entries()) {
      mosaic.finishTo(scaled(y, down));
      const weights = weightsOfTile(rows, row, down);
      for (const [column, x] of columns.starts.entries()) {
        await this.#turn();
        const colours = await this.#paintTile(cutTile(picture, x, y, tile), label);
        mosaic.add(colours, scaled(x, across), acrossTiles[column] ?? weights, weights);
      }
    }
    mosaic.finishTo(size.height);
    return { ...size, channels: 3, data: mosaic.data, ...this.#look(picture, size) };
  }

  /** Lets others take a turn now and then: on wasm, a picture of many tiles would else hold up everything until it is done. */
  async #turn(): Promise<void> {
    if (now() - this.#turnedAt < TURN_MS) return;
    await (pageTurn() ?? new Promise<void>((next) => setTimeout(next)));
    this.#turnedAt = now();
  }

  /** A tile is a frame with a lease of its own, which tells what became of it. */
  #paintTile({ width, height, channels, data }: Pixels, label: FrameLabel): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#take = resolve;
      const lease = new Lease({
        closed: () => reject(new Error('the model gave no picture for a tile')),
        failed(error) {
          reject(error);
          return 'skip';
        },
      });
      const tile = { width, height, channels, data, resized: this.#painter.resized };
      if (this.#tiles) emit(Frame.of<Pixels>(tile, label, lease), this.#tiles);
    });
  }

  /** What the painted picture shows of the source picture. */
  #look(picture: Pixels, size: Pick<Pixels, 'width' | 'height'>): Pick<Pixels, 'view' | 'resized'> {
    const { across, down } = this.#painter;
    // The last pixel of a smaller picture may show less than a whole one.
    const part = {
      width: (size.width * across.down) / across.up,
      height: (size.height * down.down) / down.up,
    };
    return lookOfWhole(viewOf(picture), part, size);
  }
}
