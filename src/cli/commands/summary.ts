import { loadPipeline } from '../../models/named-model.ts';
import type { ModelChoice } from '../../models/model-choice.ts';
import { describeShape } from '../../stage/shape.ts';
import type { Summary, SummaryRow } from '../../stage/summary.ts';
import { plainTable } from '../plain-table.ts';
import { printable, visibleJson } from '../../sinks/formats/invisible.ts';
import { warn } from '../messages.ts';

/** The parsed options of `sluice summary`. */
export interface SummaryCommand extends Pick<
  ModelChoice,
  'size' | 'maxWork' | 'input' | 'constants' | 'state' | 'output' | 'onnxRuntime'
> {
  readonly json?: boolean;
}

/** Lists the stages of a model as text or JSON. */
export async function summarizeModel(model: string, { json = false, ...options }: SummaryCommand): Promise<string> {
  const summary = (await loadPipeline({ model, ...options }, warn)).summary();
  return json ? `${visibleJson(JSON.stringify(summary, null, 2))}\n` : formatSummary(summary);
}

function formatSummary({ name, inputShape, rows, parameters, macs, memory }: Summary): string {
  const table = plainTable({
    stage: 'left',
    operation: 'left',
    output: 'left',
    parameters: 'right',
    MACs: 'right',
    memory: 'right',
  });
  const add = (row: SummaryRow, depth: number) => {
    table.push([
      '  '.repeat(depth) + printable(row.stage),
      printable(row.op),
      describeShape(row.outputShape),
      row.parameters.toLocaleString('en'),
      row.macs.toLocaleString('en'),
      bytes(4 * row.parameters + row.activations),
    ]);
    row.rows?.forEach((inner) => add(inner, depth + 1));
  };
  rows.forEach((row) => add(row, 0));
  return `${printable(name)}: input ${describeShape(inputShape)}

${table.toString()}

parameters: ${parameters.toLocaleString('en')}
MACs: ${macs.toLocaleString('en')}
memory: ${bytes(memory.weights)} for weights, and at least ${bytes(memory.activations)} for activations while it runs
`;
}

function bytes(count: number): string {
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}
