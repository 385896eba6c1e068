import { describe, expect, it } from 'vitest';
import { ndjsonWriter } from 'sluice';
import { printable, printableLines, visibleJson } from '../../../src/sinks/formats/invisible.ts';
import { resultOf, textOf } from '../../support/results.ts';

const every = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
/** Controls, formats, separators of lines and halves of pairs: all that Unicode has. */
const HIDDEN = every.filter((c) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(c));
/** Persian and emoji need them. */
const JOINERS = '\u200c\u200d';

describe('printable', () => {
  it.each([
    ['plain ünïcödé 🦜', 'plain ünïcödé 🦜'],
    ['a\nb\tc\rd', 'a\\nb\\tc\\rd'],
    ['\u001b[2J\u0007\u0000\u007f\u009b', '\\x1b[2J\\x07\\x00\\x7f\\x9b'],
    ['gpj.\u202excod', 'gpj.\\u{202e}xcod'],
    ['\u2066\u061c\u200f\u2028', '\\u{2066}\\u{061c}\\u{200f}\\u{2028}'],
    ['\ud800 \udc00', '\\u{d800} \\u{dc00}'],
    ['\u3164\u200b\u00ad\ufeff\u{e0041}', '\\u{3164}\\u{200b}\\xad\\u{feff}\\u{e0041}'],
    ['می\u200cخواهم 👩\u200d👧 ❤\ufe0f', 'می\u200cخواهم 👩\u200d👧 ❤\ufe0f'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
    // What is escaped twice is escaped once.
    expect(printable(expected)).toBe(expected);
  });

  it('leaves no control or format character of Unicode but the joiners', () => {
    expect(HIDDEN.length).toBeGreaterThan(2200);
    const left = HIDDEN.filter((c) => printable(`a${c}b`).includes(c));
    expect(left.join('')).toBe(JOINERS);
  });

  it('keeps letters, marks, numbers, signs and spaces', () => {
    const seen = every.filter(
      (c) => /[\p{L}\p{N}\p{P}\p{S}\p{Zs}]/u.test(c) && !/\p{Default_Ignorable_Code_Point}/u.test(c),
    );
    expect(seen.filter((c) => printable(c) !== c)).toEqual([]);
  });
});

describe('printableLines', () => {
  it.each([
    ['a\nb\r\nc\r', 'a\nb\r\nc\\r'],
    ['\r\r\n\n\u2028', '\\r\r\n\n\\u{2028}'],
    ['a\tb\u001b[31m', 'a\\tb\\x1b[31m'],
  ])('%j keeps its line ends only', (text, expected) => {
    expect(printableLines(text)).toBe(expected);
  });
});

describe('JSON for a terminal', () => {
  it('is the same value, without a control or format character', () => {
    const value = { [HIDDEN.join('')]: HIDDEN };
    const text = visibleJson(JSON.stringify(value, null, 1));
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll(/[\n\u200c\u200d]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  });

  it('is what NDJSON writes', () => {
    const line = textOf(ndjsonWriter(), [{ ...resultOf(0, 'a\u202eb'), source: '\u009b31m' }]);
    expect(line).toContain('"source":"\\u009b31m"');
    expect(line).toContain('"label":"a\\u202eb"');
  });
});
