import { sizeOf, type Shape } from './shape.ts';
import type { InnerStage } from './stage.ts';

const FLOAT = 4;

/** A line of a summary. */
export interface SummaryRow {
  readonly stage: string;
  readonly op: string;
  readonly outputShape: Shape;
  readonly parameters: number;
  readonly macs: number;
  /** Bytes of its input and output together, as float32; of a stage that is made of stages, of the largest of them. */
  readonly activations: number;
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
  /** Bytes, as float32: of all weights, and of the stage with the largest `activations`, which is what a run needs at least. */
  readonly memory: { readonly weights: number; readonly activations: number };
}

/** @internal A stage's line. */
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

/** @internal What the stages' lines come to. */
export function summaryOf(name: string, inputShape: Shape, rows: readonly SummaryRow[]): Summary {
  const parameters = total(rows, 'parameters');
  const activations = rows.reduce((most, row) => Math.max(most, row.activations), 0);
  const memory = { weights: FLOAT * parameters, activations };
  return { name, inputShape, rows, parameters, macs: total(rows, 'macs'), memory };
}

/** @internal One column of the lines, added up. */
export function total(rows: readonly SummaryRow[], what: 'parameters' | 'macs'): number {
  return rows.reduce((sum, row) => sum + row[what], 0);
}
