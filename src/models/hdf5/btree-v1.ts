import type { Block } from './block.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal What a tree of version 1 indexes. */
export type TreeKind = 'links' | 'chunks';

/**
 * @internal Visits the entries of a tree of version 1, from the first to the last: the key, `keySize` bytes long, and the
 * address that it leads to. Throws `WeightsError`.
 */
export function* entriesOf(
  source: FileBytes,
  address: number,
  kind: TreeKind,
  keySize: number,
  above = 256,
): Generator<{ readonly key: Block; readonly address: number }> {
  const start = 8 + 2 * source.offsetSize;
  const head = source.block(address, start).signature('TREE');
  const type = head.uint(1);
  const level = head.uint(1);
  if (type !== (kind === 'links' ? 0 : 1)) throw source.wrong('a tree indexes something else than it should');
  // The level falls at each step, so a tree that contains itself ends.
  if (level >= above) throw source.wrong('a tree contains itself');
  const used = head.uint(2);
  const block = source.block(address + start, used * (keySize + source.offsetSize));
  for (let i = 0; i < used; i++) {
    const key = block.part(keySize);
    const child = block.address();
    if (level === 0) yield { key, address: child };
    else yield* entriesOf(source, child, kind, keySize, level);
  }
}
