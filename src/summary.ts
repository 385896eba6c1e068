import type { Shape } from './shape.ts';
import type { Inner } from './stage.ts';

/** A line of a summary. */
export interface SummaryRow {
  readonly stage: string;
  readonly op: string;
  readonly outputShape: Shape;
  readonly parameters: number;
  readonly macs: number;
  /** Of a stage that is made of stages: those, in the order they run; `parameters` and `macs` are theirs together. */
  readonly rows?: readonly SummaryRow[];
}

/** What a pipeline is, stage by stage and in total. */
export interface Summary {
  readonly name: string;
  readonly inputShape: Shape;
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  readonly macs: number;
}

/** @internal A stage's line. */
export function summarize({ name, stage, input }: Inner): SummaryRow {
  const rows = stage.inner(input).map(summarize);
  return {
    stage: name,
    op: stage.spec.op,
    outputShape: stage.outputShape(input),
    parameters: stage.parameterCount(input),
    macs: stage.macs(input),
    ...(rows.length > 0 ? { rows } : {}),
  };
}

/** @internal One column of the lines, added up. */
export function total(rows: readonly SummaryRow[], what: 'parameters' | 'macs'): number {
  return rows.reduce((sum, row) => sum + row[what], 0);
}
