/** What a TIFF of one strip (or one tile) says of itself, besides its size. */
export interface TiffParts {
  readonly width: number;
  readonly height: number;
  /** The bytes of the one strip or tile. */
  readonly pixels: Uint8Array;
  /** Bits of a sample. Default 8. */
  readonly bits?: number;
  readonly samples?: number;
  /** More tags, of short numbers. */
  readonly tags?: Readonly<Record<number, number | readonly number[]>>;
  /** Where the one strip is said to be a tile. Default false. */
  readonly tiled?: boolean;
}

/** Writes a TIFF by the specification's section 2, little-endian, with its directory after the pixels as libtiff does. */
export function tiff({ width, height, pixels, bits = 8, samples = 3, tags = {}, tiled = false }: TiffParts): Buffer {
  const [place, size] = tiled ? [324, 325] : [273, 279];
  const entries = new Map<number, readonly [type: 3 | 4, values: readonly number[]]>([
    [256, [4, [width]]],
    [257, [4, [height]]],
    [258, [3, Array.from({ length: samples }, () => bits)]],
    [259, [3, [1]]],
    [262, [3, [samples < 3 ? 1 : 2]]],
    [place, [4, [8]]],
    [277, [3, [samples]]],
    [size, [4, [pixels.length]]],
    ...(tiled ? ([[322, [3, [width]]] as const, [323, [3, [height]]] as const] as const) : []),
    ...Object.entries(tags).map(([tag, value]) => [Number(tag), [3, [value].flat()]] as const),
  ]);
  const directory = 8 + pixels.length + (pixels.length % 2);
  const extra: Buffer[] = [];
  const rows = [...entries.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([tag, [type, values]]) => {
      const row = Buffer.alloc(12);
      row.writeUInt16LE(tag, 0);
      row.writeUInt16LE(type, 2);
      row.writeUInt32LE(values.length, 4);
      const data = Buffer.alloc(values.length * (type === 3 ? 2 : 4));
      values.forEach((value, i) => (type === 3 ? data.writeUInt16LE(value, 2 * i) : data.writeUInt32LE(value, 4 * i)));
      if (data.length <= 4) data.copy(row, 8);
      else {
        row.writeUInt32LE(directory + 6 + entries.size * 12 + Buffer.concat(extra).length, 8);
        extra.push(data);
      }
      return row;
    });
  const head = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(directory, 4);
  const count = Buffer.alloc(2);
  count.writeUInt16LE(rows.length);
  const padding = Buffer.alloc(pixels.length % 2);
  return Buffer.concat([head, pixels, padding, count, ...rows, Buffer.alloc(4), ...extra]);
}
