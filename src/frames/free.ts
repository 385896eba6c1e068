/** @internal Tensors have `dispose`, `VideoFrame` and `ImageBitmap` have `close`; anything else the garbage collector takes. */
export function free(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  if ('dispose' in data && typeof data.dispose === 'function') data.dispose();
  else if ('close' in data && typeof data.close === 'function') data.close();
}
