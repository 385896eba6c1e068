import { classification, type Classification, type ResultWriter, type StoredResult } from 'sluice';

/** What sinks need to know of results like these. */
export const CLASSIFIED = { task: classification(), taskOptions: {} };

/** A frame's result: every 40 ms one, with so many classes as labels are given, each half as likely as the one before. */
export function resultOf(seq: number, ...labels: readonly string[]): StoredResult<Classification> {
  return {
    source: 'clip.mp4',
    seq,
    timestamp: seq * 40_000,
    classes: labels.map((label, i) => ({ index: i + 7, label, score: 0.5 ** (i + 1) })),
  };
}

/** What labels and names of files may be, of all things. */
export const NASTY = [
  'tench, Tinca tinca',
  'a "quoted" one',
  'two\nlines',
  'two\r\nlines',
  '\r',
  '\n\n00:00:01.000 --> 00:00:02.000\n\ninjected',
  '-->',
  '<b>bold</b> & <i>',
  '&amp;',
  '{\\an8}top',
  '=1+1',
  '@SUM(A1)',
  '-1',
  "'",
  '',
  ' ',
  '7',
  '鹦鹉 🦜',
  'שלום',
  '\u2028\u2029',
  '\t tab',
  '\\N \\n',
  '</script><script>alert(1)</script>',
  '__proto__',
  'x'.repeat(10_000),
];

/** All that a writer of text gives for results. */
export function textOf(writer: ResultWriter<string>, results: readonly StoredResult<Classification>[]): string {
  const file = writer.open();
  return results.map((result) => file.write(result)).join('') + file.end();
}
