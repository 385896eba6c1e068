import type { Corners } from '../../detection/heads/box-coders.ts';
import { numberAt, unitOf, type Output } from '../../detection/heads/head.ts';
import { MOST_COMPLETE } from '../../detection/heads/complete-boxes.ts';
import { scoring } from '../../shares.ts';
import type { KeypointHead, KeypointOutputs } from '../keypoint-outputs.ts';
import { checkedScore, type CandidatePose, type FoundHead, type Head, type PlacedPoint, type Wanted } from './head.ts';

/** Candidates as rows or as columns. There are more candidates than numbers of a candidate. */
export const yolo: Head = (shape, settings) => {
  const [batch, rows = 0, columns = 0, ...more] = shape;
  if (batch !== 1 || more.length > 0 || rows === 0 || columns === 0) return [];
  const inRows = layouts('yolo', { candidates: rows, numbers: columns, inRows: true }, settings);
  const inColumns = layouts('yolo', { candidates: columns, numbers: rows, inRows: false }, settings);
  const [likely, other] = rows > columns ? [inRows, inColumns] : [inColumns, inRows];
  if (settings.head !== undefined && likely.length === 0) return other;
  return rows === columns && settings.head === undefined ? [] : likely;
};

/** Complete poses as rows: without those that overlap a better one. */
export const yoloBoxes: Head = (shape, settings) => {
  const [batch, rows = 0, columns = 0, ...more] = shape;
  if (batch !== 1 || more.length > 0 || rows === 0) return [];
  if (settings.head === undefined && (rows <= columns || rows > MOST_COMPLETE)) return [];
  return layouts('yolo-boxes', { candidates: rows, numbers: columns, inRows: true }, settings);
};

interface Matrix {
  readonly candidates: number;
  readonly numbers: number;
  /** Whether the numbers of a candidate lie in a row, `[1, N, numbers]`; else `[1, numbers, N]`. */
  readonly inRows: boolean;
}

/** With three numbers for each point, and with two. */
function layouts(head: KeypointHead, matrix: Matrix, settings: KeypointOutputs): FoundHead[] {
  const before = head === 'yolo' ? 5 : 6;
  return [3, 2].flatMap((values) => {
    const points = (matrix.numbers - before) / values;
    if (!(points >= 1 && Number.isInteger(points))) return [];
    return [
      {
        head,
        points,
        isSuppressed: head === 'yolo-boxes',
        decode: (output: Output, wanted: Wanted) =>
          candidates(output, matrix, { before, points, values }, settings, wanted),
      },
    ];
  });
}

interface PointLayout {
  /** How many numbers a candidate has before its points. */
  readonly before: number;
  readonly points: number;
  readonly values: number;
}

function candidates(
  output: Output,
  { candidates: count, numbers, inRows }: Matrix,
  { before, points, values }: PointLayout,
  { units, fromLogits }: KeypointOutputs,
  wanted: Wanted,
): CandidatePose[] {
  const [perCandidate, perNumber] = inRows ? [numbers, 1] : [1, count];
  const [across, down] = unitOf(units ?? 'pixels', wanted);
  const scoreOf = scoring(fromLogits);
  const found: CandidatePose[] = [];
  for (let candidate = 0; candidate < count; candidate++) {
    const at = (number: number) => numberAt(output, candidate * perCandidate + number * perNumber);
    const score = checkedScore(scoreOf(at(4)));
    if (score < wanted.minScore) continue;
    const pointAt = (point: number): PlacedPoint => {
      const first = before + point * values;
      return {
        x: at(first) * across,
        y: at(first + 1) * down,
        score: values === 3 ? scoreOf(at(first + 2)) : score,
      };
    };
    const [a, b, c, d] = [at(0) * across, at(1) * down, at(2) * across, at(3) * down];
    const corners: Corners = before === 6 ? [a, b, c, d] : [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
    found.push({ score, corners, points: () => Array.from({ length: points }, (_, point) => pointAt(point)) });
  }
  return found;
}
