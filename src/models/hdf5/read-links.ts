import { MAX_NAME } from '../limits.ts';
import type { Block } from './block.ts';
import { entriesOf } from './btree-v1.ts';
import { recordsOf } from './btree-v2.ts';
import type { FileBytes } from './file-bytes.ts';
import { FractalHeap } from './fractal-heap.ts';
import { MESSAGE, type Message } from './object-header.ts';

/** @internal The addresses of what a group holds, by name. Links by name and to other files are left out. Throws `WeightsError`. */
export function readLinks(source: FileBytes, messages: readonly Message[]): ReadonlyMap<string, number> {
  const links = new Map<string, number>();
  const add = (link: readonly [string, number] | undefined) => {
    if (link) links.set(...link);
  };
  for (const { type, body } of messages) {
    if (type === MESSAGE.link) add(readLink(body));
    else if (type === MESSAGE.symbolTable) for (const link of symbols(source, body)) links.set(...link);
    else if (type === MESSAGE.linkInfo) for (const link of denseLinks(source, body)) add(link);
  }
  return links;
}

/** A group in the old form: a tree of tables of symbols, and a heap of names. */
function* symbols(source: FileBytes, body: Block): Generator<[string, number]> {
  const { offsetSize, lengthSize } = source;
  const [tree, heap] = [body.address(), body.address()];
  const head = source
    .block(heap, 8 + 2 * lengthSize + offsetSize)
    .signature('HEAP')
    .skip(4);
  const size = head.length();
  const names = source.block(head.skip(lengthSize).address(), size).bytes(size);
  for (const { address } of entriesOf(source, tree, 'links', lengthSize)) {
    const count = source.block(address, 8).signature('SNOD').skip(2).uint(2);
    const entrySize = 2 * offsetSize + 24;
    const entries = source.block(address + 8, count * entrySize);
    for (let i = 0; i < count; i++) {
      const entry = entries.part(entrySize);
      const [name, object, kind] = [entry.address(), entry.address(), entry.uint(4)];
      source.spend(64);
      if (kind !== SOFT_LINK) yield [nameAt(source, names, name), object];
    }
  }
}

const SOFT_LINK = 2;

/** A name in a heap ends with a zero byte. */
function nameAt(source: FileBytes, names: Uint8Array, at: number): string {
  const part = names.subarray(at, at + MAX_NAME + 1);
  const end = part.indexOf(0);
  if (end >= 0) return new TextDecoder().decode(part.subarray(0, end));
  throw source.wrong(`a name in it has over ${MAX_NAME} characters or does not end`);
}

function denseLinks(source: FileBytes, body: Block): ReturnType<typeof readLink>[] {
  body.version('the links of a group', [0]);
  if (body.uint(1) & 1) body.skip(8);
  const [heapAt, tree] = [body.address(), body.address()];
  if (!Number.isFinite(heapAt)) return [];
  const heap = new FractalHeap(source, heapAt);
  // The hash of the name comes first.
  return recordsOf(source, tree).map((record) => readLink(heap.object(record.skip(4))));
}

/** Undefined for a link that is not to an object of the file. */
function readLink(body: Block): readonly [string, number] | undefined {
  body.version('a link', [1]);
  const flags = body.uint(1);
  const type = flags & 8 ? body.uint(1) : 0;
  body.skip((flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
  const length = body.uint(2 ** (flags & 3));
  if (length > MAX_NAME) throw body.source.wrong(`a name in it has ${length} characters`);
  const name = new TextDecoder().decode(body.bytes(length));
  return type === 0 ? [name, body.address()] : undefined;
}
