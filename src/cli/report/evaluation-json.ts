import type { Evaluation } from '../../evaluation/evaluation.ts';

/** How many decimals a number has. */
const DECIMALS = 6;

/** An evaluation as one line of JSON. What is a share of nothing is null. */
export function evaluationJson(evaluation: Evaluation, more: Readonly<Record<string, unknown>> = {}): string {
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(DECIMALS)) : value;
  return `${JSON.stringify({ ...evaluation, ...more }, rounded)}\n`;
}
