import { WeightsError } from './errors.ts';
import { describeShape, sizeOf, type Shape } from './shape.ts';

/** Numbers with a shape. */
export interface Weight {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Nested arrays, as deep as the weight's rank. */
export type NestedNumbers = readonly (number | NestedNumbers)[];

/** A weight as people write it: nested arrays, a flat typed array in row-major order, or numbers with a shape. */
export type WeightValue = Weight | Float32Array | NestedNumbers;

/** Weights by name: `kernel`, `bias` of a stage; `conv1/kernel`, `conv1/bias` … of a pipeline. */
export type Weights = Readonly<Record<string, WeightValue>>;

/** Brings a stage's weights into the shapes it needs; throws `WeightsError` for one missing, unknown or misshapen. */
export function resolveWeights(
  stage: string,
  shapes: Readonly<Record<string, Shape>>,
  given: Weights,
  seed?: number,
): Record<string, Weight> {
  const names = Object.keys(shapes);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(shapes, name));
  if (unknown.length > 0) {
    throw new WeightsError(`${stage} has no weight ${unknown.join(', ')}; it has ${names.join(', ') || 'none'}`, {
      stage,
    });
  }
  let drawn = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      if (value !== undefined) return [name, readWeight(stage, name, value, shape)];
      if (seed !== undefined) return [name, drawWeight(name, shape, seed + drawn++)];
      throw new WeightsError(
        `${stage} has no ${name} ${describeShape(shape)}: give weights: { ${names.join(', ')} }, ` +
          'load them with pipeline.withWeights(…), or ask for random ones with seed: 1',
        { stage },
      );
    }),
  );
}

function readWeight(stage: string, name: string, value: WeightValue, shape: Shape): Weight {
  const came = value instanceof Float32Array ? undefined : Array.isArray(value) ? nestedShape(value) : (value as Weight).shape;
  const data = value instanceof Float32Array ? value : Array.isArray(value) ? flatten(value) : (value as Weight).data;
  const fits = came === undefined || (came.length === shape.length && came.every((size, i) => size === shape[i]));
  if (!fits || data.length !== sizeOf(shape)) {
    throw new WeightsError(
      `${stage}: ${name} must be ${describeShape(shape)} (${sizeOf(shape)} numbers), but ` +
        `${came ? describeShape(came) : ''} (${data.length} numbers) came`,
      { stage },
    );
  }
  return { shape, data };
}

function nestedShape(value: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let level: number | NestedNumbers | undefined = value; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
  }
  return shape;
}

function flatten(value: NestedNumbers): Float32Array {
  return Float32Array.from((value as readonly unknown[]).flat(Infinity) as number[]);
}

/**
 * He's initialisation (He et al. 2015): kernels normal with variance 2 / fan-in, biases zero. The same seed gives the
 * same numbers everywhere.
 */
function drawWeight(name: string, shape: Shape, seed: number): Weight {
  const data = new Float32Array(sizeOf(shape));
  if (name === 'bias') return { shape, data };
  const fanIn = sizeOf(shape.slice(0, -1));
  const scale = Math.sqrt(2 / Math.max(1, fanIn));
  const uniform = mulberry32(seed);
  for (let i = 0; i < data.length; i++) {
    // Box–Muller; 1 − u keeps the logarithm finite.
    data[i] = scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return { shape, data };
}

/** A 32-bit generator of uniform numbers in [0, 1) (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
