import type { Block } from './block.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal A heap of objects that the file finds by an identifier: the links and attributes of large groups. */
export class FractalHeap {
  readonly #source: FileBytes;
  readonly #width: number;
  readonly #startSize: number;
  readonly #directRows: number;
  readonly #offsetBytes: number;
  readonly #lengthBytes: number;
  readonly #root: number;
  readonly #rows: number;

  constructor(source: FileBytes, address: number) {
    this.#source = source;
    const { offsetSize: o, lengthSize: l } = source;
    const head = source.block(address, 22 + 3 * o + 12 * l).signature('FRHP');
    head.version('a heap', [0]);
    if (head.skip(2).uint(2) !== 0) throw source.unsupported('a packed heap');
    const most = head.skip(1).uint(4);
    head.skip(10 * l + 2 * o);
    this.#width = head.uint(2);
    this.#startSize = head.length();
    const largest = head.length();
    const sizeBits = head.uint(2);
    this.#root = head.skip(2).address();
    this.#rows = head.uint(2);
    this.#offsetBytes = Math.ceil(sizeBits / 8);
    this.#lengthBytes = Math.min(Math.ceil(Math.log2(largest) / 8), Math.floor(Math.log2(most) / 8) + 1);
    this.#directRows = Math.log2(largest / this.#startSize) + 2;
    const good = this.#width >= 1 && this.#startSize >= 1 && Number.isSafeInteger(this.#directRows);
    if (!good || this.#offsetBytes > 8) throw source.wrong('a heap has blocks of no size');
  }

  /** The object with this identifier. Throws `WeightsError`. */
  object(id: Block): Block {
    const kind = (id.uint(1) >> 4) & 3;
    if (kind !== 0)
      throw this.#source.unsupported(kind === 1 ? 'an object of over 64 kB in a heap' : 'a tiny heap object');
    const [offset, length] = [id.uint(this.#offsetBytes), id.uint(this.#lengthBytes)];
    if (this.#rows === 0) return this.#source.block(this.#root + offset, length);
    return this.#inRows(this.#root, this.#rows, offset, length, 0);
  }

  /** Finds the block of an offset, below a block of addresses. Each level covers a smaller part, so this ends. */
  #inRows(address: number, rows: number, offset: number, length: number, level: number): Block {
    const { offsetSize } = this.#source;
    if (level > 8) throw this.#source.wrong('a heap contains itself');
    let start = 0;
    for (let row = 0; row < Math.min(rows, 64); row++) {
      const size = this.#startSize * 2 ** Math.max(0, row - 1);
      const end = start + size * this.#width;
      if (offset < end) {
        const column = Math.floor((offset - start) / size);
        const place = 5 + offsetSize + this.#offsetBytes + (row * this.#width + column) * offsetSize;
        const child = this.#source.block(address + place, offsetSize).address();
        const inside = offset - start - column * size;
        if (row < this.#directRows) return this.#source.block(child + inside, length);
        const below = Math.log2(size / this.#startSize / this.#width) + 1;
        return this.#inRows(child, below, inside, length, level + 1);
      }
      start = end;
    }
    throw this.#source.wrong('a heap lacks an object');
  }
}
