import { crc32, deflateSync } from 'node:zlib';
import type { Size } from '../../frames/picture-view.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const [GREY, PALETTE] = [0, 3];

/**
 * A PNG of one number a pixel, row by row: with a palette (red, green and blue of each number) 8 bits in its colours, without one grey, of
 * 8 or 16 bits. Its pixels are the numbers themselves: packages for PNG (`pngjs`, `upng-js`, `fast-png`, `@napi-rs/canvas`) write colours, or a
 * palette in an order of their own. The format: W3C, Portable Network Graphics (PNG) Specification, 3rd edition, chapters 5 and 11.
 */
export function indexedPng(
  { width, height }: Size,
  pixels: Uint8Array | Uint16Array,
  palette?: Uint8Array,
): Uint8Array {
  const depth = pixels.BYTES_PER_ELEMENT;
  // A row begins with the number of its filter, here none.
  const rows = Buffer.alloc(height * (1 + width * depth));
  for (let y = 0, to = 0; y < height; y++) {
    to++;
    for (const number of pixels.subarray(y * width, (y + 1) * width)) to = rows.writeUIntBE(number, to, depth);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8 * depth, palette ? PALETTE : GREY], 8);
  return Buffer.concat([
    ...[SIGNATURE, chunk('IHDR', head), ...(palette ? [chunk('PLTE', palette)] : [])],
    ...[chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))],
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, check]);
}
