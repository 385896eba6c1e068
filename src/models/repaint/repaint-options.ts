import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Size } from '../../frames/picture-view.ts';
import { count, pair } from '../../stage/arguments.ts';
import type { Pair } from '../../stage/shape.ts';

/** The parts of a picture that the network sees, one after the other. */
export interface TileOptions {
  /** Their size in pixels of the picture: a number, or `[height, width]`. Default: the size of the model's `preprocess`. */
  readonly size?: Pair;
  /**
   * By how many pixels they overlap at least, up to half of their size. Four times the radius of what a pixel of the output depends on gives
   * what the network would give for the whole picture. Default 32, and at most a quarter of the size.
   */
  readonly overlap?: number;
}

/** Options of {@link repaint}. */
export interface RepaintOptions {
  /** The parts of a picture that the network sees. */
  readonly tile?: TileOptions;
}

const NAMES: OptionNames<RepaintOptions> = { tile: true };
const TILE_NAMES: OptionNames<TileOptions> = { size: true, overlap: true };
const OVERLAP = 32;

/** Checks the options and fills in defaults; `size` is that of the model's `preprocess`. Throws `OptionError`. */
export function checkedTile(options: RepaintOptions, { width, height }: Size): Size & { readonly overlap: number } {
  checkOptions('repaint', options, NAMES);
  const { tile = {} } = options;
  checkOptions('repaint: tile', tile, TILE_NAMES);
  const [high, wide] = tile.size === undefined ? [height, width] : pair('repaint', 'tile.size', tile.size);
  const least = Math.min(high, wide);
  const overlap = count('repaint', 'tile.overlap', tile.overlap ?? Math.min(OVERLAP, Math.floor(least / 4)), 0);
  if (2 * overlap > least) {
    throw new OptionError(
      `repaint: tile.overlap must be at most half of the tile's size, ${Math.floor(least / 2)} of ${wide} × ${high} pixels, not ${overlap}`,
    );
  }
  return { width: wide, height: high, overlap };
}
