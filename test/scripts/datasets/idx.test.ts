import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readIdx, readIdxFile } from '../../../scripts/datasets/idx.ts';

/** An IDX file: big-endian numbers of 32 bits, then bytes. */
function idx(numbers: readonly number[], values: readonly number[] | Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => head.writeUInt32BE(number, 4 * i));
  return Buffer.concat([head, Uint8Array.from(values)]);
}

const PICTURES = 0x803;
const CLASSES = 0x801;
const pictures = idx([PICTURES, 2, 1, 3], [1, 2, 3, 4, 5, 255]);

describe('readIdx', () => {
  it.each([
    ['plain', pictures],
    ['gzip', gzipSync(pictures)],
    ['gzip in two parts', Buffer.concat([gzipSync(pictures.subarray(0, 18)), gzipSync(pictures.subarray(18))])],
    ['in the middle of a buffer', Buffer.concat([Buffer.alloc(3), pictures]).subarray(3)],
  ])('reads pictures, %s', (_, bytes) => {
    const { sizes, values } = readIdx(bytes, 3);
    expect([sizes, [...values]]).toEqual([
      [2, 1, 3],
      [1, 2, 3, 4, 5, 255],
    ]);
  });

  it('reads classes', () => {
    const { sizes, values } = readIdx(idx([CLASSES, 3], [7, 0, 9]), 1);
    expect([sizes, [...values]]).toEqual([[3], [7, 0, 9]]);
  });

  it('reads more packed values than the beginning that it looks at holds', () => {
    const values = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3);
    expect(Buffer.from(readIdx(gzipSync(idx([CLASSES, 100_000], values)), 1).values).equals(values)).toBe(true);
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'it has 0 bytes, fewer than the 16 of its header'],
    ['half of a header', pictures.subarray(0, 9), 'it has 9 bytes, fewer than the 16 of its header'],
    ['half of a packed header', gzipSync(pictures.subarray(0, 9)), 'it has 9 bytes, fewer than the 16 of its header'],
    ['classes', idx([CLASSES, 12], Array(12).fill(0)), 'it begins with 0x00000801, not with 0x00000803'],
    ['values of 4 bytes', idx([0xd03, 1, 1, 1], [0, 0, 0, 0]), 'it begins with 0x00000d03'],
    ['a little-endian header', idx([0x03080000, 2, 1, 3], [1, 2, 3, 4, 5, 6]), 'it begins with 0x03080000'],
    ['no pictures', idx([PICTURES, 0, 28, 28], []), 'it states 0 × 28 × 28 values, which is none'],
    ['a picture too few', idx([PICTURES, 3, 1, 3], [1, 2, 3, 4, 5, 6]), 'it must have 25 bytes, not 22'],
    ['a byte too few', pictures.subarray(0, 21), 'it must have 22 bytes, not 21'],
    ['a byte too many', Buffer.concat([pictures, Buffer.alloc(1)]), 'it must have 22 bytes, not 23'],
    ['a packed byte too few', gzipSync(pictures.subarray(0, 21)), 'it must have 22 bytes, not 21'],
    ['a packed byte too many', gzipSync(Buffer.concat([pictures, Buffer.alloc(1)])), 'it holds more than the 22 bytes'],
    ['huge counts', idx([PICTURES, 0xffffffff, 0xffffffff, 0xffffffff], []), 'more than 256000000 bytes'],
    ['huge packed counts', gzipSync(idx([PICTURES, 0xffffffff, 28, 28], [])), 'more than 256000000 bytes'],
    ['a gzip cut short', gzipSync(pictures).subarray(0, -9), 'unexpected end of file'],
    ['damaged gzip', Uint8Array.of(0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9), 'unknown compression method'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readIdx(bytes, 3)).toThrow(message);
  });

  it('refuses packed files of a few bytes that state much, before it unpacks them', () => {
    // Nothing can be packed better than zeros.
    const zeros = gzipSync(idx([CLASSES, 5_000_000], new Uint8Array(5_000_000)));
    expect(readIdx(zeros, 1).values).toHaveLength(5_000_000);
    const claim = gzipSync(idx([CLASSES, 200_000_000], new Uint8Array(1000)));
    expect(() => readIdx(claim, 1)).toThrow(`more than ${claim.length} packed bytes can hold`);
  });

  it('stops unpacking where a small file would become much more than it states', () => {
    const bomb = gzipSync(idx([CLASSES, 10], new Uint8Array(5_000_000)));
    expect(() => readIdx(bomb, 1)).toThrow('it holds more than the 18 bytes that it states');
  });
});

describe('readIdxFile', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));

  it('reads a file', () => {
    const file = path.join(folder, 'pictures');
    writeFileSync(file, pictures);
    expect(readIdxFile(file, 3).sizes).toEqual([2, 1, 3]);
  });

  it('names the file that it refuses', () => {
    const file = path.join(folder, 'classes');
    writeFileSync(file, pictures);
    expect(() => readIdxFile(file, 1)).toThrow(
      `cannot read the IDX file ${file}: it begins with 0x00000803, not with 0x00000801`,
    );
  });

  it('does not read a file that is larger than any', () => {
    const file = path.join(folder, 'large');
    writeFileSync(file, pictures);
    truncateSync(file, 256_000_001);
    expect(() => readIdxFile(file, 3)).toThrow('it has 256000001 bytes, more than 256000000');
  });

  it('says that there is no such file', () => {
    expect(() => readIdxFile(path.join(folder, 'none'), 3)).toThrow('ENOENT');
  });
});
