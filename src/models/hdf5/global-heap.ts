import type { FileBytes } from './file-bytes.ts';

/** Where the objects of a collection are, by their index. */
type Collection = ReadonlyMap<number, { readonly address: number; readonly length: number }>;

/** @internal The collections of long texts of a file. Each collection is read once. */
export class GlobalHeap {
  readonly #source: FileBytes;
  readonly #collections = new Map<number, Collection>();

  constructor(source: FileBytes) {
    this.#source = source;
  }

  /** The bytes of an object. Throws `WeightsError`. */
  object(address: number, index: number): Uint8Array {
    const collection = this.#collections.get(address) ?? readCollection(this.#source, address);
    this.#collections.set(address, collection);
    const found = collection.get(index);
    if (!found) throw this.#source.wrong(`its heap of texts lacks object ${index}`);
    return this.#source.block(found.address, found.length).bytes(found.length);
  }
}

function readCollection(source: FileBytes, address: number): Collection {
  const objects = new Map<number, { readonly address: number; readonly length: number }>();
  const start = 8 + source.lengthSize;
  const head = source.block(address, start).signature('GCOL').skip(4);
  const end = address + head.length();
  const objectHead = 8 + source.lengthSize;
  for (let at = address + start; at + objectHead <= end;) {
    const object = source.block(at, objectHead);
    const index = object.uint(2);
    const length = object.skip(6).length();
    // Object 0 is the space that is free.
    if (index === 0) break;
    objects.set(index, { address: at + objectHead, length });
    at += objectHead + Math.ceil(length / 8) * 8;
  }
  return objects;
}
