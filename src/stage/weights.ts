import { describeValue } from '../errors/describe-value.ts';
import { WeightsError } from '../errors/errors.ts';
import { mulberry32 } from './random.ts';
import { describeShape, sizeOf, type Shape } from './shape.ts';
import { isA } from '../errors/is-a.ts';

/** The values of a weight, in row-major order, with their shape. */
export interface Weight {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Numbers in nested arrays, as deep as the weight's rank. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** A weight as it can be given: nested arrays, a flat typed array in row-major order, or values with a shape. */
export type WeightValue = Weight | Float32Array | NestedNumbers;

/** Weights by name: `kernel` and `bias` for a stage; `conv1/kernel`, `conv1/bias` … for a pipeline. */
export type Weights = Readonly<Record<string, WeightValue>>;

/** How weights that are not given are drawn. */
export interface Drawing {
  /** Without a seed, a missing weight is an error. */
  readonly seed?: number | undefined;
  /** The values that weights of these names are filled with. Default: `{ bias: 0 }`. */
  readonly fill?: Readonly<Record<string, number>> | undefined;
  /** How many products each output value of a weight sums up. Default: the product of all but the last dimension. */
  readonly fanIn?: ((weight: string) => number) | undefined;
}

/** A stage's weights, given or drawn; throws `WeightsError` for one that is missing, unknown or of the wrong shape. */
export function resolveWeights(
  stage: string,
  shapes: Readonly<Record<string, Shape>>,
  given: Weights,
  { seed, fill = { bias: 0 }, fanIn }: Drawing = {},
): Record<string, Weight> {
  const read = readWeights(stage, shapes, given);
  const names = Object.keys(shapes);
  let drawn = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const weight = read.get(name);
      if (weight) return [name, weight];
      if (seed !== undefined) {
        const constant = Object.hasOwn(fill, name) ? fill[name] : undefined;
        const data = constant === undefined ? draw(shape, seed + drawn, fanIn?.(name)) : filled(shape, constant);
        drawn++;
        return [name, { shape, data }];
      }
      throw new WeightsError(
        `${stage} has no ${name} ${describeShape(shape)}: give weights: { ${names.join(', ')} }, ` +
          'load them with pipeline.withWeights(…), or ask for random ones with seed: 1',
        { stage },
      );
    }),
  );
}

/** The weights whose names start with the prefix, without it. */
export function startingWith<T>(prefix: string, weights: Readonly<Record<string, T>>): Record<string, T> {
  const found = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** The weights that are given; throws `WeightsError` for one that is unknown or of the wrong shape. */
export function readWeights(
  stage: string,
  shapes: Readonly<Record<string, Shape>>,
  given: Weights,
): Map<string, Weight> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const unknown = entries.filter(([name]) => !Object.hasOwn(shapes, name)).map(([name]) => name);
  if (unknown.length > 0) {
    const has = Object.keys(shapes).join(', ') || 'none';
    throw new WeightsError(`${stage} has no weight ${unknown.join(', ')}; it has ${has}`, { stage });
  }
  return new Map(entries.map(([name, value]) => [name, readWeight(stage, name, value, shapes[name] ?? [])]));
}

function readWeight(stage: string, name: string, value: unknown, shape: Shape): Weight {
  const read = isA('Float32Array', value) ? { data: value } : Array.isArray(value) ? readNested(value) : value;
  if (!isWeight(read)) {
    const what = Array.isArray(value)
      ? 'nested arrays of unequal lengths, or with values that are not numbers'
      : describeValue(value);
    throw new WeightsError(
      `${stage}: ${name} must be nested arrays of numbers, a Float32Array, or { shape, data } with one, but got ${what}`,
      { stage },
    );
  }
  const { data, shape: given } = read;
  const fits = given === undefined || (given.length === shape.length && given.every((size, i) => size === shape[i]));
  if (!fits || data.length !== sizeOf(shape)) {
    throw new WeightsError(
      `${stage}: ${name} must be ${describeShape(shape)} (${sizeOf(shape)} numbers), but got ` +
        (given ? `${describeShape(given)} (${data.length} numbers)` : `${data.length} numbers`),
      { stage },
    );
  }
  return { shape, data };
}

function isWeight(value: unknown): value is { readonly shape?: Shape; readonly data: Float32Array } {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  return isA('Float32Array', value.data) && (!('shape' in value) || Array.isArray(value.shape));
}

/** Undefined for arrays of unequal lengths, or with values that are not numbers. */
function readNested(value: readonly unknown[]): { shape: number[]; data: Float32Array } | undefined {
  const shape: number[] = [];
  let level: readonly unknown[] = [value];
  while (level.length > 0 && level.every((item) => Array.isArray(item))) {
    const size = level[0]?.length ?? 0;
    if (level.some((item) => item.length !== size)) return undefined;
    shape.push(size);
    level = level.flat();
  }
  if (!level.every((item) => typeof item === 'number')) return undefined;
  return { shape, data: Float32Array.from(level) };
}

function filled(shape: Shape, value: number): Float32Array {
  return new Float32Array(sizeOf(shape)).fill(value);
}

/** He initialisation (He et al. 2015): normally distributed with variance 2 / fan-in. A seed gives the same numbers everywhere. */
function draw(shape: Shape, seed: number, fanIn?: number): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  const scale = Math.sqrt(2 / (fanIn || sizeOf(shape.slice(0, -1))));
  const uniform = mulberry32(seed);
  for (let i = 0; i < data.length; i++) {
    // Box–Muller. 1 − u is never 0, so the logarithm is finite.
    data[i] = scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return data;
}
