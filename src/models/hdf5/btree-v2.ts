import type { Block } from './block.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal The records of a tree of version 2, in order. Throws `WeightsError`. */
export function recordsOf(source: FileBytes, address: number): Block[] {
  const head = source.block(address, 22 + source.offsetSize + source.lengthSize).signature('BTHD');
  head.version('a tree', [0]);
  const type = head.uint(1);
  const nodeSize = head.uint(4);
  const recordSize = head.uint(2);
  const depth = head.uint(2);
  const root = head.skip(2).address();
  const rootRecords = head.uint(2);
  if (recordSize === 0 || nodeSize <= OVERHEAD) throw source.wrong('a tree has records of no size');
  const sizes = countSizes(source, nodeSize, recordSize, depth);
  const found: Block[] = [];
  const visit = (at: number, count: number, level: number): void => {
    const block = source.block(at, nodeSize).signature(level === 0 ? 'BTLF' : 'BTIN');
    block.version('a tree', [0]);
    if (block.uint(1) !== type) throw source.wrong('a tree has nodes of two types');
    if (count * recordSize > block.left) throw source.wrong('a tree has more records than its nodes can hold');
    const records = Array.from({ length: count }, () => {
      source.spend(64);
      return block.part(recordSize);
    });
    if (level === 0) {
      found.push(...records);
      return;
    }
    for (let i = 0; i <= count; i++) {
      const child = block.address();
      const inChild = block.uint(sizes.records);
      if (level > 1) block.skip(sizes.inAll[level - 1] ?? 0);
      visit(child, inChild, level - 1);
      const record = records[i];
      if (record) found.push(record);
    }
  };
  if (Number.isFinite(root)) visit(root, rootRecords, depth);
  return found;
}

/** Signature, version, type and checksum of a node. */
const OVERHEAD = 10;
const MAX_LEVELS = 32;

/** The bytes of the number of records of a node, and for each level those of the number in a node and all nodes below it. */
function countSizes(source: FileBytes, nodeSize: number, recordSize: number, depth: number) {
  if (depth > MAX_LEVELS) throw source.wrong(`a tree has ${depth} levels`);
  const bytesFor = (most: number) => Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
  let all = Math.floor((nodeSize - OVERHEAD) / recordSize);
  const records = bytesFor(all);
  const inAll = [records];
  for (let level = 1; level < depth; level++) {
    const pointer = source.offsetSize + records + (level > 1 ? (inAll[level - 1] ?? 0) : 0);
    const most = Math.max(0, Math.floor((nodeSize - OVERHEAD - pointer) / (recordSize + pointer)));
    all = Math.min(Number.MAX_SAFE_INTEGER, most + (most + 1) * all);
    inAll.push(bytesFor(all));
  }
  return { records, inAll };
}
