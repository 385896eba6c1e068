import type { OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';
import type { Classification } from '../classification/class-scores.ts';
import { softmaxOf } from '../softmax-of.ts';
import { mapResults } from '../map-results.ts';
import { lengthOf, type Embedding } from './embedding.ts';

/** A vector, or several of which the most similar one counts. */
export type Reference = readonly number[] | readonly (readonly number[])[];

/** Options of {@link similarTo}. */
export interface SimilarToOptions {
  /** How many references a result lists, the most similar first. Default 5. */
  readonly top?: number;
  /** References under this score are left out. Default: none are. */
  readonly minScore?: number;
  /**
   * Makes probabilities of similarities: the softmax of `scale` times the cosines, which add up to 1. Models that were trained to match
   * pictures and texts have a scale, 100 for CLIP (Radford et al. 2021). Default: scores are the cosines, from -1 to 1.
   */
  readonly scale?: number;
}

const NAMES: OptionNames<SimilarToOptions> = { top: true, minScore: true, scale: true };

interface Row {
  readonly label: string;
  readonly index: number;
  /** Of length 1. */
  readonly vector: readonly number[];
}

/**
 * Compares the vector of each frame with those of references, by the cosine of their angle: results of `embedding()` → results of
 * classification, whose classes are the references, so that all that takes classes takes them: writers, `segments`, `smooth`, subtitles.
 *
 * References are vectors of pictures, of the same model (`inferOne`), or of texts: with a model that was trained to match both, pictures
 * are then classified by names that it has never been trained for. A reference may have several vectors, of which the most similar one
 * counts. Neither needs to be normalized.
 *
 * Throws `OptionError` for references of different lengths, or of zeros. The stream fails with a `StageError` for a vector of another
 * length than the references'.
 *
 * @see {@link features}, {@link embedding}, {@link "sluice/node".inferOne | inferOne (Node)}
 *
 * @example
 * const result = { source: 'a.jpg', seq: 0, timestamp: 0, timings: [], latencyMs: 0, vector: [3, 4] };
 * of(result)
 *   .pipe(similarTo({ cat: [1, 0], dog: [[0, 1], [0, 2]] }))
 *   .subscribe(({ classes }) => console.log(classes.map(({ label, score }) => `${label} ${score}`))); // [ 'dog 0.8', 'cat 0.6' ]
 */
export function similarTo<R extends FrameLabel & Embedding>(
  references: Readonly<Record<string, Reference>>,
  options: SimilarToOptions = {},
): OperatorFunction<R, Omit<R, 'vector'> & Classification> {
  checkOptions('similarTo', options, NAMES);
  const { top = 5, minScore = -Infinity, scale } = options;
  count('similarTo', 'top', top);
  if (typeof minScore !== 'number' || Number.isNaN(minScore)) {
    throw new OptionError(`similarTo: minScore must be a number, not ${describeValue(minScore)}`);
  }
  if (scale !== undefined) numberUpTo('similarTo', 'scale', scale, 1e6);
  const rows = rowsOf(references);
  const labels = Object.keys(references);
  const classesOf = (vector: readonly number[]): Classification['classes'] => {
    const cosines = new Float64Array(labels.length).fill(-Infinity);
    const length = lengthOf(vector);
    for (const row of rows) {
      cosines[row.index] = Math.max(cosines[row.index] ?? 0, length > 0 ? dot(row.vector, vector) / length : 0);
    }
    const scores = scale === undefined ? cosines : softmaxOf(cosines.map((cosine) => scale * cosine));
    return labels
      .map((label, index) => ({ index, label, score: scores[index] ?? 0 }))
      .filter(({ score }) => score >= minScore)
      .toSorted((a, b) => b.score - a.score || a.index - b.index)
      .slice(0, top);
  };
  const size = rows[0]?.vector.length ?? 0;
  return mapResults('similarTo', () => ({ vector, ...others }) => {
    if (Array.isArray(vector) && vector.length === size) return { ...others, classes: classesOf(vector) };
    const what = Array.isArray(vector) ? `a vector of ${vector.length}` : 'a result without a vector';
    throw new RangeError(`the references have ${size} numbers each, but got ${what}`);
  });
}

/** All vectors, normalized. Throws `OptionError`. */
function rowsOf(references: unknown): Row[] {
  const isTable = typeof references === 'object' && references !== null && !Array.isArray(references);
  const entries = isTable ? Object.entries(references) : [];
  if (entries.length === 0) {
    throw new OptionError(
      `similarTo takes references, { name: vector } or { name: [vector, …] }, not ${describeValue(references)}`,
    );
  }
  const rows = entries.flatMap(([label, given], index) =>
    vectorsIn(label, given).map((vector) => ({ label, index, vector: unitOf(label, vector) })),
  );
  const [first] = rows;
  const other = rows.find(({ vector }) => vector.length !== first?.vector.length);
  if (!first || !other) return rows;
  throw new OptionError(
    `similarTo: references have vectors of one length, but ${describeValue(first.label)} has ${first.vector.length} numbers, and ${describeValue(other.label)} ${other.vector.length}`,
  );
}

function vectorsIn(label: string, given: unknown): readonly (readonly number[])[] {
  const list: readonly unknown[] =
    Array.isArray(given) || isTyped(given) ? Array.from(given as ArrayLike<unknown>) : [];
  const vectors = list.every((one) => typeof one === 'number') ? [list] : list;
  const isVector = (vector: unknown): boolean =>
    (Array.isArray(vector) || isTyped(vector)) &&
    vector.length > 0 &&
    Array.from(vector as ArrayLike<unknown>).every((value) => Number.isFinite(value));
  if (list.length > 0 && vectors.every(isVector)) return vectors.map((vector) => Array.from(vector as number[]));
  throw new OptionError(
    `similarTo: ${describeValue(label)} must be a vector of finite numbers, or a list of them, not ${describeValue(given)}`,
  );
}

function isTyped(value: unknown): value is ArrayLike<number> {
  return ArrayBuffer.isView(value) && 'length' in value;
}

function unitOf(label: string, vector: readonly number[]): number[] {
  const length = lengthOf(vector);
  if (length > 0) return vector.map((value) => value / length);
  throw new OptionError(`similarTo: the vector of ${describeValue(label)} is zero, and has no direction`);
}

function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] ?? 0) * (other[i] ?? 0);
  return sum;
}
