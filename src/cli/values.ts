import { InvalidArgumentError } from 'commander';

/** A reader of option values that are whole numbers of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

/** A reader of option values that are numbers in a range. */
export function numeric(isRight: (value: number) => boolean, range: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value) && isRight(value)) return value;
    throw new InvalidArgumentError(`It must be a number ${range}.`);
  };
}

/** A reader of option values that are two numbers, the lower first. */
export function interval(text: string): readonly [number, number] {
  const [low, high, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (low !== undefined && high !== undefined && more.length === 0 && low < high && Number.isFinite(high - low)) {
    return [low, high];
  }
  throw new InvalidArgumentError('It must be two numbers, the lower first, as in -1,1.');
}

/** A reader of option values that are a width and a height. */
export function pixels(text: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (Number(width) >= 1 && Number(height) >= 1) return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('It must be a width and a height in pixels, as in 257x257.');
}
