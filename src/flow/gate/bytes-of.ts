/** How many bytes the data of a frame takes: of a tensor, picture, buffer, video frame or bitmap. 0 if it cannot be told. */
export function bytesOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  if ('byteLength' in data && typeof data.byteLength === 'number') return data.byteLength;
  if ('allocationSize' in data && typeof data.allocationSize === 'function') return Number(data.allocationSize());
  if ('shape' in data && 'size' in data) return Number(data.size) * Float32Array.BYTES_PER_ELEMENT;
  if ('data' in data) return bytesOf(data.data);
  if ('width' in data && 'height' in data) return Number(data.width) * Number(data.height) * 4;
  return 0;
}
