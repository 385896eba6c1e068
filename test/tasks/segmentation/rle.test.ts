import { classMap, maskOf, OptionError, outlines, type Segmentation } from 'sluice';
import { describe, expect, it } from 'vitest';
import { decodeRuns, encodeRuns } from '../../../src/tasks/segmentation/rle.ts';
import { randomFrom } from '../../support/random.ts';

/** Where a mask, whose pixels are told by their column and row, begins and ends to be inside. */
function runsOf(width: number, height: number, isInside: (x: number, y: number) => boolean): number[] {
  const runs: number[] = [];
  for (let at = 0; at < width * height; at++) {
    if (!isInside(Math.floor(at / height), at % height)) continue;
    if (runs.at(-1) === at) runs[runs.length - 1] = at + 1;
    else runs.push(at, at + 1);
  }
  return runs;
}

const ZEROS = '0'.repeat(157);

describe('masks in the form of COCO', () => {
  // Made with mask.encode of pycocotools 2.0.
  it.each<[string, number, number, (x: number, y: number) => boolean, string]>([
    ['a diagonal', 2, 2, (x, y) => x !== y, '121'],
    ['a pixel', 1, 1, () => true, '01'],
    ['no pixel', 1, 1, () => false, '1'],
    ['all pixels', 4, 3, () => true, '0<'],
    ['none of twelve', 4, 3, () => false, '<'],
    ['a rectangle', 100, 100, (x, y) => y >= 20 && y < 60 && x >= 10 && x < 90, `lo0X1l1${ZEROS}dn0`],
    [
      'a disc',
      64,
      48,
      (x, y) => (x - 30) ** 2 + (y - 20) ** 2 <= 225,
      'Tg01Z1:I4L4M2N2N2O0O2O0O2O0000000O20N100000001N101N101N2N2N3L4L7Faj0',
    ],
    ['the last pixel', 100, 700, (x, y) => x === 99 && y === 699, '_[T21'],
    [
      'a board',
      17,
      13,
      (x, y) => (Math.floor(x / 3) + Math.floor(y / 5)) % 2 === 1,
      '558000K023000K023000K023000K023000K0230K',
    ],
  ])('%s', (_, width, height, isInside, counts) => {
    const runs = runsOf(width, height, isInside);
    expect(encodeRuns(runs, height, width)).toEqual({ size: [height, width], counts });
    expect(decodeRuns('test', { size: [height, width], counts })).toEqual(runs);
  });

  it('a worked example: 6 outside, 1 inside, 40 outside, 3 inside, 30 outside', () => {
    // 6, 1, 40, then 3 − 1 = 2 and 30 − 40 = −10. 40 = 8 + 32·1 is two groups; −10 = 22 − 32 is one.
    const rle = encodeRuns([6, 7, 47, 50], 8, 10);
    expect(rle.counts).toBe('61X12F');
    expect(Array.from(rle.counts, (char) => char.charCodeAt(0) - 48)).toEqual([6, 1, 40, 1, 2, 22]);
  });

  it('come back as they were, of any size', () => {
    const random = randomFrom(11);
    for (let round = 0; round < 200; round++) {
      const [width, height] = [1 + Math.floor(random() * 40), 1 + Math.floor(random() * 40)];
      const share = random();
      const runs = runsOf(width, height, () => random() < share);
      expect(decodeRuns('test', encodeRuns(runs, height, width))).toEqual(runs);
    }
  });

  it('join runs that touch', () => {
    expect(encodeRuns([0, 2, 2, 5], 5, 2)).toEqual(encodeRuns([0, 5], 5, 2));
  });

  it.each<[string, object]>([
    ['without a size', { counts: '4' }],
    ['of a size that is none', { size: [2, -2], counts: '4' }],
    ['of half a size', { size: [2], counts: '4' }],
    ['without counts', { size: [2, 2] }],
    ['with a list of counts', { size: [2, 2], counts: [4] }],
    ['that ends within a number', { size: [2, 2], counts: 'P' }],
    ['with another character', { size: [2, 2], counts: '4!' }],
    ['with a number that is too large', { size: [2, 2], counts: 'oooooooo1' }],
    ['with too few pixels', { size: [2, 2], counts: '11' }],
    ['with too many pixels', { size: [2, 2], counts: '131' }],
    ['with a run of less than nothing', { size: [2, 2], counts: '2O3' }],
  ])('%s are damaged', (_, rle) => {
    const region = { index: 0, label: 'cat', area: 1, share: 0.25, rle: rle as Segmentation['regions'][0]['rle'] };
    const picture = { width: 2, height: 2 };
    const result: Segmentation = { form: 'classes', regions: [region], unseen: 0, picture };
    for (const read of [() => maskOf(result, 'cat'), () => classMap(result), () => outlines(result)]) {
      expect(read).toThrow(OptionError);
      expect(read).toThrow('a mask is damaged');
    }
  });
});

describe('pixels of a result', () => {
  const picture = { width: 3, height: 2 };
  const region = (index: number, label: string, runs: number[]) => ({
    ...{ index, label, area: 1, share: 0 },
    rle: encodeRuns(runs, picture.height, picture.width),
  });
  const result: Segmentation = {
    form: 'classes',
    regions: [region(7, 'cat', [0, 3]), region(2, 'dog', [5, 6])],
    unseen: 0,
    picture,
  };

  it('are those of the regions, row by row', () => {
    expect([...classMap(result)]).toEqual([7, 7, 255, 7, 255, 2]);
    expect([...classMap(result, { none: 0 })]).toEqual([7, 7, 0, 7, 0, 2]);
    expect([...maskOf(result, 'cat')]).toEqual([255, 255, 0, 255, 0, 0]);
    expect([...maskOf(result, 'dog')]).toEqual([0, 0, 0, 0, 0, 255]);
  });

  it('are none of a label that the picture does not show', () => {
    expect([...maskOf(result, 'fox')]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('have two bytes where a class or none does not fit one', () => {
    const many = { ...result, regions: [region(300, 'sky', [0, 6])] };
    expect(classMap(many)).toEqual(new Uint16Array(6).fill(300));
    const most = { ...result, regions: [region(255, 'sky', [0, 5])] };
    expect([...classMap(most)]).toEqual([255, 255, 255, 255, 255, 65_535]);
    expect(classMap({ ...result, regions: [] }, { none: 1000 })).toEqual(new Uint16Array(6).fill(1000));
  });

  it('are refused for a mask of another size than the result', () => {
    const small = encodeRuns([0, 1], 1, 1);
    const wrong = { ...result, regions: [{ ...region(1, 'cat', []), rle: small }] };
    expect(() => classMap(wrong)).toThrow('classMap: a mask is damaged: its size is 1 × 1, but the map has 2 × 3');
    expect(() => maskOf(wrong, 'cat')).toThrow(OptionError);
    expect(() => outlines(wrong)).toThrow(OptionError);
  });

  it.each([[-1], [1.5], ['0'], [NaN], [65_536]])('cannot have %j for none', (none) => {
    expect(() => classMap(result, { none: none as number })).toThrow(OptionError);
  });

  it('need a label', () => {
    expect(() => maskOf(result, 7 as never)).toThrow('maskOf needs a label, but got 7');
  });
});
