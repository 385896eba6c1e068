import { inflateSync } from 'node:zlib';

/** The numbers of a PNG's pixels as they are stored, not in its colours: of one number a pixel, without filters. */
export function readPng(file: Buffer) {
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  const [depth = 0, colourType = 0] = [file[24], file[25]];
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const length = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + length));
  }
  const rows = inflateSync(Buffer.concat(parts));
  const bytes = depth / 8;
  const numbers = Array.from({ length: width * height }, (_, i) =>
    rows.readUIntBE(1 + Math.floor(i / width) * (1 + width * bytes) + (i % width) * bytes, bytes),
  );
  const pixels = bytes === 1 ? Uint8Array.from(numbers) : Uint16Array.from(numbers);
  return { width, height, depth, colourType, pixels };
}
