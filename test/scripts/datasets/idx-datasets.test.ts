import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fashionMnist } from '../../../scripts/datasets/fashion-mnist.ts';
import { readIdxDatasets } from '../../../scripts/datasets/idx-datasets.ts';

/** A folder with four packed files: three pictures of 2×1 to train with, and one to test with. */
function folderOf(trainClasses: readonly number[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  const write = (name: string, head: readonly number[], values: readonly number[]) => {
    const bytes = head.flatMap((number) => [0, 0, number >> 8, number & 255]);
    writeFileSync(path.join(folder, `${name}-ubyte.gz`), gzipSync(Uint8Array.from([...bytes, ...values])));
  };
  write('train-images-idx3', [0x803, 3, 1, 2], [1, 2, 3, 4, 5, 6]);
  write('train-labels-idx1', [0x801, trainClasses.length], trainClasses);
  write('t10k-images-idx3', [0x803, 1, 1, 2], [7, 8]);
  write('t10k-labels-idx1', [0x801, 1], [0]);
  return folder;
}

describe('readIdxDatasets', () => {
  it('reads both sets', () => {
    const { train, test, labels } = readIdxDatasets(folderOf([1, 0, 1]), '.gz', ['no', 'yes']);
    const size = { width: 2, height: 1, channels: 1 };
    expect(train).toMatchObject({ ...size, count: 3 });
    expect([[...train.pixels], [...train.classes]]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 0, 1],
    ]);
    expect(test).toMatchObject({ ...size, count: 1 });
    expect([[...test.pixels], [...test.classes], labels]).toEqual([[7, 8], [0], ['no', 'yes']]);
  });

  it.each([
    ['fewer classes than pictures', [1, 0], '3 pictures have 2 classes'],
    ['a class without a label', [1, 0, 2], 'picture 2 has the class 2, but there are 2 labels'],
  ])('refuses %s', (_, classes, message) => {
    expect(() => readIdxDatasets(folderOf(classes), '.gz', ['no', 'yes'])).toThrow(message);
  });
});

describe('fashionMnist', () => {
  it('reads the files of its folder', async () => {
    const { test, labels } = await fashionMnist(folderOf([9, 0, 1]));
    expect([test.count, labels.length]).toEqual([1, 10]);
  });

  it("names Debian's package where it is not installed", async () => {
    await expect(fashionMnist(path.join(tmpdir(), 'none'))).rejects.toThrow('apt-get install dataset-fashion-mnist');
  });
});
