import { describe, expect, it } from 'vitest';
import { resultFormat, type ResultFormat } from 'sluice/node';
import { formatOf, RESULT_FORMATS } from '../../../src/sinks/formats/result-format.ts';
import { resultOf } from '../../support/results.ts';

describe('formatOf', () => {
  it.each([
    ['a.csv', 'csv'],
    ['a.CSV', 'csv'],
    ['folder.csv/a.json', 'json'],
    ['a.jsonl', 'ndjson'],
    ['{dir}/{name}.vtt', 'vtt'],
    ['a.csv.gz', undefined],
    ['folder.csv/a', undefined],
    ['a.txt', undefined],
    ['csv', undefined],
    ['', undefined],
    ['a.toString', undefined],
    ['-', undefined],
  ])('%j is %s', (path, format) => {
    expect(formatOf(path)).toBe(format);
  });
});

describe('resultFormat', () => {
  const ofBoxes = ['coco', 'mot', 'yolo'];
  it.each((Object.keys(RESULT_FORMATS) as ResultFormat[]).filter((name) => !ofBoxes.includes(name)))(
    '%s makes writers that know nothing of each other',
    async (name) => {
      const format = await resultFormat(name);
      const [one, two] = [format.open(), format.open()];
      one.write(resultOf(0, 'cat'));
      const whole = (writer: typeof one) =>
        Buffer.concat([writer.write(resultOf(1, 'dog')), writer.end()].map(asBytes));
      expect(whole(two).equals(whole(format.open()))).toBe(true);
    },
  );

  it('refuses what a format cannot say', async () => {
    const options = [
      ['csv', { timings: true }],
      ['vtt', { timings: true }],
      ['ndjson', { timings: true, aggregated: true }],
      ['json', { spreadsheet: true }],
    ] as const;
    for (const [name, option] of options)
      await expect(resultFormat(name, option)).rejects.toMatchObject({ code: 'option' });
  });
});

const asBytes = (piece: string | Uint8Array) => Buffer.from(piece);
