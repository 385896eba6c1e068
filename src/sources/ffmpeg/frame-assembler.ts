/** Cuts a stream of bytes into pictures of one size: each has a buffer of its own, filled by one copy. */
export class FrameAssembler {
  readonly #size: number;
  readonly #ready: Uint8Array[] = [];
  #partial: Uint8Array | undefined;
  #filled = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Whole pictures not yet taken. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Bytes of a picture that is not whole yet. */
  get pending(): number {
    return this.#filled;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const picture = (this.#partial ??= allocate(this.#size));
      const end = Math.min(chunk.length, at + this.#size - this.#filled);
      picture.set(chunk.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled < this.#size) return;
      this.#ready.push(picture);
      this.#partial = undefined;
      this.#filled = 0;
    }
  }

  take(): Uint8Array | undefined {
    return this.#ready.shift();
  }
}

/** Not zeroed (every byte is written before it is handed out) and not from Node's pool (its owner may transfer it). */
function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}
