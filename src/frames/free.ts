/**
 * @internal Frees the data of a frame: calls `dispose()` (tensors) or `close()` (`VideoFrame`, `ImageBitmap`). Other data is
 * left to the garbage collector.
 */
export function free(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('dispose' in data && typeof data.dispose === 'function') data.dispose();
  else if ('close' in data && typeof data.close === 'function') data.close();
}
