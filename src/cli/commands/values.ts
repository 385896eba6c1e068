import { InvalidArgumentError } from 'commander';

/** Makes a parser of whole numbers from `least` to `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Makes a parser of numbers that satisfy `isRight`. `range` describes them in the error message. */
export function numeric(isRight: (value: number) => boolean, range: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value) && isRight(value)) return value;
    throw new InvalidArgumentError(`It must be a number ${range}.`);
  };
}

/** Parses two numbers, the lower one first: `-1,1`. */
export function interval(text: string): readonly [number, number] {
  const [low, high, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (low !== undefined && high !== undefined && more.length === 0 && low < high && Number.isFinite(high - low)) {
    return [low, high];
  }
  throw new InvalidArgumentError('It must be two numbers, the lower first, as in -1,1.');
}

/** Makes a parser of numbers that satisfy `isRight`, with commas between them. `range` describes them in the error message. */
export function numbers(isRight: (value: number) => boolean, range: string): (text: string) => readonly number[] {
  return (text) => {
    const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
    if (values.every((value) => Number.isFinite(value) && isRight(value))) return values;
    throw new InvalidArgumentError(`It must be numbers ${range}, with commas between them.`);
  };
}

/** Parses a number over 0, or a fraction of two: `1`, `1/255`. */
export function factor(text: string): number {
  const [over, under = '1', ...more] = text.split('/').map((part) => part.trim() || 'none');
  const value = Number(over) / Number(under);
  if (more.length === 0 && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number over 0, or a fraction, as in 1/255.');
}

/** Parses a number of channels. */
export function channelCount(text: string): 1 | 3 {
  if (text === '1' || text === '3') return text === '1' ? 1 : 3;
  throw new InvalidArgumentError('It must be 1 (grey) or 3 (colours).');
}

/** Parses a width and a height in pixels: `257x257`. */
export function pixels(text: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (Number(width) >= 1 && Number(height) >= 1) return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('It must be a width and a height in pixels, as in 257x257.');
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Parses an amount of memory into bytes: `2GB`, `500M`. */
export function bytes(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([KMGT]?)B?$/i.exec(text) ?? [];
  const value = Number(number) * (UNITS[unit.toUpperCase()] ?? NaN);
  if (value >= 1) return value;
  throw new InvalidArgumentError('It must be an amount of memory, as in 2GB or 500MB.');
}
