/** Where tiles lie along one side of a picture, in pixels, and how they are joined. */
export interface TileRow {
  /** Where each tile begins. */
  readonly starts: readonly number[];
  /** How long the tiles are. */
  readonly size: number;
  /** The least overlap of two tiles. */
  readonly overlap: number;
}

/**
 * Spreads tiles evenly over a side, so that the last one ends with it. All sizes are multiples of `unit`, and so are the places. A side
 * that is shorter than a tile has one tile, which reaches beyond it.
 */
export function tilesAlong(length: number, size: number, overlap: number, unit = 1): TileRow {
  const whole = Math.ceil(Math.max(length, size) / unit);
  const tile = size / unit;
  const least = Math.min(Math.ceil(overlap / unit), tile - 1);
  const count = Math.max(1, Math.ceil((whole - least) / (tile - least)));
  const step = count === 1 ? 0 : (whole - tile) / (count - 1);
  return { starts: Array.from({ length: count }, (_, i) => Math.round(i * step) * unit), size, overlap };
}

/** How much larger a picture becomes: a side of `down` pixels becomes one of `up` pixels. */
export interface Scale {
  readonly up: number;
  readonly down: number;
}

/** A length in the picture, as a length in the larger one. */
export function scaled(length: number, { up, down }: Scale): number {
  return (length * up) / down;
}

/**
 * How much each pixel of a tile counts, after the tile was enlarged. Those of all tiles add up to 1 at each pixel.
 *
 * One tile fades into the next over the middle half of their overlap. The outer quarters count for nothing: there the network saw the edge
 * of its tile in place of what the picture shows.
 */
export function weightsOfTile({ starts, size, overlap }: TileRow, tile: number, scale: Scale): Float32Array {
  const start = scaled(starts[tile] ?? 0, scale);
  const fade = scaled(overlap / 2, scale);
  /** How much what comes after the seam behind a tile counts, at a place. */
  const after = (seam: number, place: number): number => {
    const [before, next] = [starts[seam], starts[seam + 1]];
    if (before === undefined) return 1;
    if (next === undefined) return 0;
    const from = place - scaled((before + size + next) / 2, scale);
    return fade === 0 ? Number(from >= 0) : Math.min(1, Math.max(0, from / fade + 0.5));
  };
  return Float32Array.from(
    { length: scaled(size, scale) },
    (_, i) => after(tile - 1, start + i + 0.5) - after(tile, start + i + 0.5),
  );
}
