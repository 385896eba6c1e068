import { lastValueFrom, toArray } from 'rxjs';
import { frameSource } from '../flow/gate/frame-source.ts';
import { infer } from '../models/infer.ts';
import type { Model } from '../models/model.ts';
import type { Pixels } from '../stage/pixels.ts';

/** How well the results of two classifiers agree on the same pictures. */
export interface Agreement {
  /** The number of pictures with the same first class. */
  readonly same: number;
  readonly of: number;
  /** The largest difference of a score. */
  readonly largestScoreChange: number;
}

/** The scores of a classifier on each picture, from the first class on, on the engine in use. */
export type Scores = readonly (readonly number[])[];

/** Runs a classifier on pictures. */
export async function scoresOf(model: Model<object, object>, pictures: readonly Pixels[]): Promise<Scores> {
  const source = frameSource(
    pictures.map((data, i) => ({ data, timestamp: i * 1e6 })),
    { source: 'calibration' },
  );
  const classifier = model as Model;
  const results = await lastValueFrom(source.pipe(infer(classifier, { top: model.labels.length }), toArray()));
  return results.map(({ classes }) => classes.toSorted((a, b) => a.index - b.index).map(({ score }) => score));
}

/** Compares the scores of two classifiers. */
export function agreementOf(exact: Scores, rounded: Scores): Agreement {
  const same = exact.filter((scores, i) => first(scores) === first(rounded[i] ?? [])).length;
  const changes = exact.flatMap((scores, i) => scores.map((score, c) => Math.abs(score - (rounded[i]?.[c] ?? NaN))));
  return { same, of: exact.length, largestScoreChange: changes.reduce((most, change) => Math.max(most, change), 0) };
}

function first(scores: readonly number[]): number {
  return scores.reduce((best, score, i) => (score > (scores[best] ?? -Infinity) ? i : best), 0);
}
