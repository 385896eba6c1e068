import { unzlibSync } from 'fflate';
import type { Block } from './block.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal How a chunk was packed: the last filter is undone first. */
export type Filter = 'deflate' | 'shuffle' | 'checksum';

const FILTERS: Readonly<Record<number, Filter>> = { 1: 'deflate', 2: 'shuffle', 3: 'checksum' };

/** @internal Reads the filters of a dataset. Throws `WeightsError` for one that sluice does not have. */
export function readFilters(block: Block): readonly Filter[] {
  const version = block.version('the filters of a dataset', [1, 2]);
  const count = block.uint(1);
  if (version === 1) block.skip(6);
  return Array.from({ length: count }, () => {
    const id = block.uint(2);
    const nameLength = version === 1 || id >= 256 ? block.uint(2) : 0;
    const values = block.skip(2).uint(2);
    block.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    block.skip(4 * (version === 1 ? values + (values % 2) : values));
    const filter = FILTERS[id];
    if (!filter) throw block.source.unsupported(`values packed by filter ${id}`);
    return filter;
  });
}

/**
 * @internal Unpacks a chunk of `length` bytes. `skipped` has a bit for each filter that was not applied. Throws `WeightsError`
 * where other bytes come out.
 */
export function unpack(
  source: FileBytes,
  stored: Uint8Array,
  filters: readonly Filter[],
  skipped: number,
  length: number,
  valueSize: number,
): Uint8Array {
  let bytes = stored;
  for (const [i, filter] of [...filters.entries()].toReversed()) {
    if ((skipped & (1 << i)) !== 0) continue;
    if (filter === 'checksum') bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
    else if (filter === 'deflate') bytes = inflate(source, bytes, length);
    else bytes = unshuffled(source, bytes, valueSize);
  }
  if (bytes.length === length) return bytes;
  throw source.wrong(`a chunk has ${bytes.length} bytes in place of ${length}`);
}

function inflate(source: FileBytes, packed: Uint8Array, length: number): Uint8Array {
  try {
    // One byte more shows that too much comes out. A checksum may follow.
    return unzlibSync(packed, { out: source.scratch(length + 5) });
  } catch (cause) {
    throw source.wrong('a chunk cannot be unpacked', cause);
  }
}

/** Shuffled bytes begin with the first byte of each value, then come the second ones and so on. */
function unshuffled(source: FileBytes, bytes: Uint8Array, size: number): Uint8Array {
  const values = Math.floor(bytes.length / size);
  const sorted = source.scratch(bytes.length);
  for (let byte = 0, at = 0; byte < size; byte++) {
    for (let value = 0; value < values; value++) sorted[value * size + byte] = bytes[at++] ?? 0;
  }
  sorted.set(bytes.subarray(values * size), values * size);
  return sorted;
}
