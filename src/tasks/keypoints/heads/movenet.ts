import { numberAt, unitOf, type Output } from '../../detection/heads/head.ts';
import { scoring } from '../../shares.ts';
import type { KeypointOutputs } from '../keypoint-outputs.ts';
import { checkedScore, onePose, type Head, type PlacedPoint, type Wanted } from './head.ts';

/** More poses than a model of several poses gives. */
const MOST_POSES = 50;

/** One pose: y, x and score of each point. Its score is the mean of those of its points. */
export const movenet: Head = ([batch, one, points = 0, values, ...more], settings) => {
  if (batch !== 1 || one !== 1 || points === 0 || values !== 3 || more.length > 0) return [];
  return [
    {
      head: 'movenet',
      points,
      isSuppressed: true,
      decode(output, wanted) {
        return onePose(pointsAt(output, 0, points, settings, wanted), wanted.minScore);
      },
    },
  ];
};

/** Rows of points, the box, and the score. */
export const movenetMultipose: Head = ([batch, poses = 0, numbers = 0, ...more], settings) => {
  const points = (numbers - 5) / 3;
  if (batch !== 1 || poses === 0 || more.length > 0 || !(points >= 1 && Number.isInteger(points))) return [];
  if (settings.head === undefined && (poses > MOST_POSES || poses >= numbers)) return [];
  return [
    {
      head: 'movenet-multipose',
      points,
      isSuppressed: true,
      decode(output, wanted) {
        const [across, down] = unitOf(settings.units ?? 'relative', wanted);
        return Array.from({ length: poses }, (_, i) => i * numbers).flatMap((first) => {
          const box = first + 3 * points;
          const score = checkedScore(scoreAt(output, box + 4, settings));
          if (score < wanted.minScore) return [];
          const [top, left] = [numberAt(output, box), numberAt(output, box + 1)];
          const [bottom, right] = [numberAt(output, box + 2), numberAt(output, box + 3)];
          return [
            {
              score,
              corners: [left * across, top * down, right * across, bottom * down] as const,
              points: () => pointsAt(output, first, points, settings, wanted),
            },
          ];
        });
      },
    },
  ];
};

function pointsAt(
  output: Output,
  first: number,
  count: number,
  settings: KeypointOutputs,
  wanted: Wanted,
): PlacedPoint[] {
  const [across, down] = unitOf(settings.units ?? 'relative', wanted);
  return Array.from({ length: count }, (_, i) => first + 3 * i).map((at) => ({
    x: numberAt(output, at + 1) * across,
    y: numberAt(output, at) * down,
    score: scoreAt(output, at + 2, settings),
  }));
}

function scoreAt(output: Output, place: number, { fromLogits }: KeypointOutputs): number {
  return scoring(fromLogits)(numberAt(output, place));
}
