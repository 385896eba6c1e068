/** @internal Frees the data of a frame that nobody has seen: calls `discard()` where there is one, which may be cheaper. */
export function freeUnseen(data: unknown): void {
  if (typeof data === 'object' && data !== null && 'discard' in data && typeof data.discard === 'function')
    data.discard();
  else free(data);
}

/**
 * @internal Frees the data of a frame: calls `dispose()` (tensors) or `close()` (`VideoFrame`, `ImageBitmap`). Other data is
 * left to the garbage collector.
 */
export function free(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('dispose' in data && typeof data.dispose === 'function') data.dispose();
  else if ('close' in data && typeof data.close === 'function') data.close();
}
