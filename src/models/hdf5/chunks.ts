import { sizeOf, type Shape } from '../../stage/shape.ts';
import { entriesOf } from './btree-v1.ts';
import type { FileBytes } from './file-bytes.ts';
import { unpack, type Filter } from './filters.ts';

/** @internal Values that are stored in chunks, which may be packed. */
export interface ChunkedLayout {
  readonly kind: 'chunked';
  readonly index: 'tree' | 'single' | 'implicit' | 'fixed-array';
  readonly address: number;
  /** The shape of a chunk, and after it the bytes of a value. */
  readonly chunk: Shape;
  /** The bytes of a single chunk that is packed. */
  readonly stored?: number;
}

/** A chunk: the number of the first value along each dimension, and where its bytes are. */
interface Chunk {
  readonly at: Shape;
  readonly address: number;
  readonly stored: number;
  /** A bit for each filter that was not applied. */
  readonly skipped: number;
}

/** @internal The values of a dataset in chunks. Throws `WeightsError` where a chunk is missing. */
export function readChunks(
  source: FileBytes,
  layout: ChunkedLayout,
  shape: Shape,
  valueSize: number,
  filters: readonly Filter[],
): Uint8Array {
  const chunk = layout.chunk.slice(0, -1);
  const length = sizeOf(layout.chunk);
  const good = chunk.length === shape.length && layout.chunk.at(-1) === valueSize && length >= 1;
  if (!good || !Number.isSafeInteger(length)) throw source.wrong(`chunks are [${layout.chunk.join(', ')}]`);
  const grid = shape.map((size, i) => Math.ceil(size / (chunk[i] ?? 1)));
  const all = source.memory(sizeOf(shape) * valueSize);
  const seen = new Set<number>();
  for (const { at, address, stored, skipped } of chunksOf(source, layout, grid, chunk, length, filters.length > 0)) {
    const place = at.map((first, i) => first / (chunk[i] ?? 1));
    const inside = place.every((one, i) => Number.isSafeInteger(one) && one < (grid[i] ?? 0));
    const number = numberOf(place, grid);
    // A file may keep chunks beyond the end of a dataset that was made smaller.
    if (!inside) continue;
    if (seen.has(number)) throw source.wrong('a dataset has a chunk twice');
    seen.add(number);
    const bytes = unpack(source, source.data(address, stored), filters, skipped, length, valueSize);
    copy(bytes, chunk, all, shape, at, valueSize);
  }
  if (seen.size === sizeOf(grid)) return all;
  throw source.wrong(`a dataset has ${seen.size} of ${sizeOf(grid)} chunks`);
}

function* chunksOf(
  source: FileBytes,
  { index, address, stored }: ChunkedLayout,
  grid: Shape,
  chunk: Shape,
  length: number,
  packed: boolean,
): Generator<Chunk> {
  if (!Number.isFinite(address)) return;
  const positionOf = (number: number) => {
    let rest = number;
    const places = grid.toReversed().map((size) => {
      const place = rest % size;
      rest = (rest - place) / size;
      return place;
    });
    return places.toReversed().map((place, i) => place * (chunk[i] ?? 1));
  };
  if (index === 'tree') {
    for (const { key, address: at } of entriesOf(source, address, 'chunks', 16 + 8 * grid.length)) {
      const [bytes, skipped] = [key.uint(4), key.uint(4)];
      yield { at: grid.map(() => key.uint(8)), address: at, stored: bytes, skipped };
    }
  } else if (index === 'single') {
    yield { at: grid.map(() => 0), address, stored: stored ?? length, skipped: 0 };
  } else if (index === 'implicit') {
    for (let i = 0; i < sizeOf(grid); i++) {
      yield { at: positionOf(i), address: address + i * length, stored: length, skipped: 0 };
    }
  } else {
    yield* fixedArray(source, address, sizeOf(grid), packed, length, positionOf);
  }
}

function* fixedArray(
  source: FileBytes,
  address: number,
  count: number,
  packed: boolean,
  length: number,
  positionOf: (number: number) => Shape,
): Generator<Chunk> {
  const { offsetSize, lengthSize } = source;
  const head = source
    .block(address, 8 + lengthSize + offsetSize)
    .signature('FAHD')
    .skip(2);
  const [entrySize, pageBits, most] = [head.uint(1), head.uint(1), head.length()];
  if (most > 2 ** pageBits) throw source.unsupported(`${most} chunks in pages`);
  const least = packed ? offsetSize + 5 : offsetSize;
  if (most < count || entrySize < least || entrySize > offsetSize + 12)
    throw source.wrong('an index of chunks is too short');
  const entries = source.block(head.address() + 6 + offsetSize, count * entrySize);
  for (let i = 0; i < count; i++) {
    const entry = entries.part(entrySize);
    const at = entry.address();
    if (!Number.isFinite(at)) continue;
    const stored = packed ? entry.uint(entrySize - offsetSize - 4) : length;
    yield { at: positionOf(i), address: at, stored, skipped: packed ? entry.uint(4) : 0 };
  }
}

function numberOf(place: Shape, grid: Shape): number {
  return place.reduce((number, one, i) => number * (grid[i] ?? 1) + one, 0);
}

/** Copies the rows of a chunk to their places, without what lies beyond the end of the dataset. */
function copy(bytes: Uint8Array, chunk: Shape, all: Uint8Array, shape: Shape, at: Shape, valueSize: number): void {
  const last = shape.length - 1;
  const row = Math.min(chunk[last] ?? 1, (shape[last] ?? 1) - (at[last] ?? 0)) * valueSize;
  const visit = (dimension: number, from: number, to: number): void => {
    const [size, whole, first] = [chunk[dimension] ?? 1, shape[dimension] ?? 1, at[dimension] ?? 0];
    if (dimension === last) {
      all.set(bytes.subarray(from * size * valueSize, from * size * valueSize + row), (to * whole + first) * valueSize);
      return;
    }
    const count = Math.min(size, whole - first);
    for (let i = 0; i < count; i++) visit(dimension + 1, from * size + i, to * whole + first + i);
  };
  visit(0, 0, 0);
}
