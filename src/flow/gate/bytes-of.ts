/** How much memory a waiting frame holds, as far as it tells: tensors, pictures, buffers, video frames, bitmaps. */
export function bytesOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  if ('byteLength' in data && typeof data.byteLength === 'number') return data.byteLength;
  if ('allocationSize' in data && typeof data.allocationSize === 'function') return Number(data.allocationSize());
  if ('shape' in data && 'size' in data) return Number(data.size) * Float32Array.BYTES_PER_ELEMENT;
  if ('data' in data) return bytesOf(data.data);
  if ('width' in data && 'height' in data) return Number(data.width) * Number(data.height) * 4;
  return 0;
}
