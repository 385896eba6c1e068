import type { Evaluation, Estimate } from '../../evaluation/evaluation.ts';
import { plainTable } from '../plain-table.ts';

/** Larger matrices do not fit a terminal. */
const MOST_COLUMNS = 12;
/** How many confusions and mistakes are listed. */
const LISTED = 10;

/** An evaluation as people read it in a terminal. */
export function evaluationText(evaluation: Evaluation, labels: readonly string[]): string {
  const { frames, sources, calibrationError, classes, top5 } = evaluation;
  const shares: readonly (readonly [string, string])[] = [
    ['accuracy', estimate(evaluation.accuracy)],
    ...(top5 ? [['among the best 5', estimate(top5)] as const] : []),
    ['macro F1', share(evaluation.macroF1)],
    ...(calibrationError === undefined ? [] : [['calibration error', share(calibrationError)] as const]),
  ];
  const width = Math.max(...shares.map(([name]) => name.length));
  const counted = `${frames} ${frames === 1 ? 'frame' : 'frames'} of ${sources} ${sources === 1 ? 'file' : 'files'}`;
  const table = plainTable({ class: 'left', frames: 'right', precision: 'right', recall: 'right', F1: 'right' });
  for (const { label, frames: shown, predicted, precision, recall, f1 } of classes) {
    if (shown + predicted > 0) table.push([label, shown, share(precision), share(recall), share(f1)]);
  }
  return [
    ...shares.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    `${'measured on'.padEnd(width)}  ${counted}`,
    '',
    table.toString(),
    '',
    ...matrix(evaluation),
    ...confusions(evaluation, labels),
    ...mistakes(evaluation, labels),
    '',
  ].join('\n');
}

function estimate({ value, low, high }: Estimate): string {
  return `${share(value)}  (95 % interval: ${share(low)} to ${share(high)})`;
}

function share(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(3);
}

/** The classes that frames show or are taken for, against each other. */
function matrix({ confusion, classes }: Evaluation): readonly string[] {
  const met = classes.filter(({ frames, predicted }) => frames + predicted > 0);
  if (met.length > MOST_COLUMNS) return [];
  const columns = met.map(({ label }, i) => `${i + 1} ${label.slice(0, 8)}`);
  const table = plainTable({
    'shown \\ taken for': 'left',
    ...Object.fromEntries(columns.map((name) => [name, 'right'])),
  });
  met.forEach(({ index, label }, i) => {
    table.push([`${i + 1} ${label}`, ...met.map((other) => confusion[index]?.[other.index] ?? 0)]);
  });
  return [table.toString(), ''];
}

function confusions({ confusion, classes }: Evaluation, labels: readonly string[]): readonly string[] {
  const found = classes
    .flatMap(({ index, frames }) => (confusion[index] ?? []).map((count, other) => ({ index, other, count, frames })))
    .filter(({ index, other, count }) => index !== other && count > 0)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, LISTED);
  if (found.length === 0) return ['no class is taken for another one', ''];
  const lines = found.map(
    ({ index, other, count, frames }) => `  ${labels[index]} taken for ${labels[other]}: ${count} of ${frames}`,
  );
  return ['most confused', ...lines, ''];
}

function mistakes({ mistakes: found }: Evaluation, labels: readonly string[]): readonly string[] {
  if (found.length === 0) return [];
  const lines = found.slice(0, LISTED).map(({ source, timestamp, target, predicted, score }) => {
    const at = timestamp > 0 ? ` at ${(timestamp / 1e6).toFixed(2)} s` : '';
    return `  ${source}${at}: ${labels[target]}, taken for ${labels[predicted]} with ${score.toFixed(3)}`;
  });
  return ['wrong with the highest scores', ...lines];
}
