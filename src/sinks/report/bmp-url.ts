import type { Pixels } from '../../stage/pixels.ts';

const HEADER = 54;

/** A picture as the URL of a BMP file, which browsers show: 24 bits a pixel, blue first, rows from the bottom up, each of a multiple of four bytes. */
export function bmpUrl({ width, height, channels, data }: Pixels): string {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(HEADER + row * height);
  file.write('BM', 0);
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADER, 10);
  // The header of the picture: its size, one plane, 24 bits; 0 for no compression.
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = HEADER + (height - 1 - y) * row + x * 3;
      for (let colour = 0; colour < 3; colour++) file[to + colour] = data[from + 2 - colour] ?? 0;
    }
  }
  return `data:image/bmp;base64,${file.toString('base64')}`;
}
