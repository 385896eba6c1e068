import type { Block } from './block.ts';
import type { ChunkedLayout } from './chunks.ts';

/** @internal Where the values of a dataset are. */
export type Layout =
  | { readonly kind: 'compact'; readonly data: Uint8Array }
  | { readonly kind: 'contiguous'; readonly address: number }
  | ChunkedLayout;

/** @internal Reads where the values of a dataset are. Throws `WeightsError`. */
export function readLayout(block: Block): Layout {
  const version = block.version('a layout', [3, 4]);
  const kind = block.uint(1);
  if (kind === 0) return { kind: 'compact', data: block.bytes(block.uint(2)) };
  if (kind === 1) return { kind: 'contiguous', address: block.address() };
  if (kind !== 2) throw block.source.unsupported('values in other files');
  return version === 3 ? oldChunks(block) : newChunks(block);
}

function oldChunks(block: Block): ChunkedLayout {
  const rank = block.uint(1);
  const address = block.address();
  return { kind: 'chunked', index: 'tree', address, chunk: Array.from({ length: rank }, () => block.uint(4)) };
}

/** The indexes of chunks since HDF5 1.10, by their number. */
const INDEXES = ['', 'single', 'implicit', 'fixed-array'] as const;

function newChunks(block: Block): ChunkedLayout {
  const flags = block.uint(1);
  const rank = block.uint(1);
  const size = block.uint(1);
  if (size === 0 || size > 8) throw block.source.wrong(`sizes of chunks have ${size} bytes`);
  const chunk = Array.from({ length: rank }, () => block.uint(size));
  const type = block.uint(1);
  const index = INDEXES[type];
  if (!index) throw block.source.unsupported(`index ${type} of chunks`);
  const filtered = index === 'single' && (flags & 2) !== 0;
  const stored = filtered ? block.length() : undefined;
  if (filtered) block.skip(4);
  if (index === 'fixed-array') block.skip(1);
  return { kind: 'chunked', index, chunk, address: block.address(), ...(stored === undefined ? {} : { stored }) };
}
