import { describe, expect, it } from 'vitest';
import { splitFiles } from '../../src/datasets/split-files.ts';

const filesOf = (...counts: readonly number[]) => ({
  labels: counts.map((_, i) => `class ${i}`),
  files: counts.flatMap((count, target) =>
    Array.from({ length: count }, (_, i) => ({ path: `${target}/${i}`, target })),
  ),
});
const heldOf = (counts: readonly number[], share: number, seed = 1) => {
  const { heldOut } = splitFiles(filesOf(...counts), share, seed);
  return counts.map((_, target) => heldOut.filter((file) => file.target === target).length);
};

describe('splitFiles', () => {
  it('holds out the same share of each class', () => {
    expect(heldOf([10, 100, 1000], 0.2)).toEqual([2, 20, 200]);
  });

  it.each([
    [[1, 2, 3], 0.2, [0, 1, 1]],
    [[2, 2], 0.99, [1, 1]],
    [[5, 5], 0, [0, 0]],
    [[1], 0.5, [0]],
  ] as const)('of %j files with a share of %d holds out %j', (counts, share, held) => {
    expect(heldOf(counts, share)).toEqual(held);
  });

  it('every file is on one side', () => {
    const files = filesOf(7, 30);
    const { learned, heldOut } = splitFiles(files, 0.3, 9);
    expect([...learned, ...heldOut].map(({ path }) => path).toSorted()).toEqual(
      files.files.map(({ path }) => path).toSorted(),
    );
  });

  it('is drawn from the seed', () => {
    const drawn = (seed: number) => splitFiles(filesOf(50, 50), 0.2, seed).heldOut.map(({ path }) => path);
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(2)).not.toEqual(drawn(1));
  });
});
