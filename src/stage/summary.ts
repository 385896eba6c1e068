import { sizeOf, type Shape } from './shape.ts';
import type { InnerStage } from './stage.ts';

const FLOAT = 4;

/** One stage in a summary. */
export interface SummaryRow {
  readonly stage: string;
  readonly op: string;
  readonly outputShape: Shape;
  readonly parameters: number;
  readonly macs: number;
  /** Bytes of input and output together, as float32. For a stage made of stages: the largest of theirs. */
  readonly activations: number;
  /** The inner stages of a stage made of stages, in the order they run; `parameters` and `macs` include them. */
  readonly rows?: readonly SummaryRow[];
}

/** Shapes, parameters and cost of a pipeline, by stage and in total. */
export interface Summary {
  readonly name: string;
  readonly inputShape: Shape;
  readonly rows: readonly SummaryRow[];
  readonly parameters: number;
  readonly macs: number;
  /** Bytes, as float32: of all weights, and the largest `activations` of a stage, which a run needs at least. */
  readonly memory: { readonly weights: number; readonly activations: number };
}

/** @internal The summary of one stage. */
export function summarize({ name, stage, input }: InnerStage): SummaryRow {
  const rows = stage.inner(input).map(summarize);
  const outputShape = stage.outputShape(input);
  return {
    stage: name,
    op: stage.spec.op,
    outputShape,
    parameters: stage.parameterCount(input),
    macs: stage.macs(input),
    activations: Math.max(FLOAT * (sizeOf(input) + sizeOf(outputShape)), ...rows.map((row) => row.activations)),
    ...(rows.length > 0 ? { rows } : {}),
  };
}

/** @internal The summary of a pipeline, from the summaries of its stages. */
export function summaryOf(name: string, inputShape: Shape, rows: readonly SummaryRow[]): Summary {
  const parameters = total(rows, 'parameters');
  const activations = rows.reduce((most, row) => Math.max(most, row.activations), 0);
  const memory = { weights: FLOAT * parameters, activations };
  return { name, inputShape, rows, parameters, macs: total(rows, 'macs'), memory };
}

/** @internal The sum of one column. */
export function total(rows: readonly SummaryRow[], what: 'parameters' | 'macs'): number {
  return rows.reduce((sum, row) => sum + row[what], 0);
}
