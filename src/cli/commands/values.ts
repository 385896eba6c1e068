import { InvalidArgumentError } from 'commander';
import type { Constant } from '../../models/graph/graph-model-options.ts';
import { OUTPUT_KINDS, type OutputKind } from '../../models/output-kind.ts';

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

/** Parses a percentage from 0 to under 100 as a share: `0.5%`, `0.5`. */
export function percentShare(text: string): number {
  const percent = /^\d*\.?\d+%?$/.test(text) ? Number(text.replace('%', '')) : NaN;
  if (percent < 100) return percent / 100;
  throw new InvalidArgumentError('It must be a percentage from 0 to under 100, as in 0.5%.');
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

/** Parses names of outputs: `scores`, `scores,boxes`. */
export function outputNames(text: string): string | readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names.length === 1 ? (names[0] ?? '') : names;
  throw new InvalidArgumentError('It must be the name of an output, or several with commas between them.');
}

/** Parses labels: `person`, `person,traffic light`. */
export function labelList(text: string): readonly string[] {
  const labels = text.split(',').map((label) => label.trim());
  if (labels.every((label) => label !== '')) return labels;
  throw new InvalidArgumentError('It must be a label, or several with commas between them.');
}

/** Parses what an output is, or what several are: `value`, `age=value,gender=binary`. */
export function outputKinds(text: string): OutputKind | Readonly<Record<string, OutputKind>> {
  const kind = (given: string | undefined): OutputKind => {
    const found = OUTPUT_KINDS.find((known) => known === given?.trim());
    if (found) return found;
    throw new InvalidArgumentError(`Allowed choices are ${OUTPUT_KINDS.join(', ')}, or name=kind with commas between.`);
  };
  if (!text.includes('=')) return kind(text);
  return Object.fromEntries(
    text
      .split(',')
      .map((part) => pairIn(part))
      .map(([name, given]) => [name, kind(given)]),
  );
}

/** Parses the value of an input and adds it to those before: `keep=1`, `size=[224,224]`. */
export function constantValue(text: string, before: Readonly<Record<string, Constant>> = {}): Record<string, Constant> {
  const [name, value] = pairIn(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    parsed = undefined;
  }
  if (isConstant(parsed)) return { ...before, [name]: parsed };
  throw new InvalidArgumentError('Its value must be a number, true, false, or a JSON list of numbers, as in keep=1.');
}

function isConstant(value: unknown): value is Constant {
  if (Array.isArray(value)) return value.length > 0 && value.every(isConstant);
  return typeof value === 'number' || typeof value === 'boolean';
}

/** Parses an input with its output and adds it to those before: `r1i=r1o`. */
export function stateInput(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [input, output] = pairIn(text);
  return { ...before, [input]: output };
}

function pairIn(text: string): [string, string] {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && name !== '' && name !== '__proto__' && value !== '') return [name, value];
  throw new InvalidArgumentError('It must be a name and a value, as in name=value.');
}
