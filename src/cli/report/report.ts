import type { LedgerCounts } from '../../flow/gate/ledger.ts';
import type { StageTimes } from '../../timing/stage-times.ts';
import { printable } from '../../sinks/formats/invisible.ts';
import { plainTable } from '../plain-table.ts';
import type { Engine } from '../../engines/engine-types.ts';

/** The figures of a finished run. */
export interface RunReport {
  readonly files: number;
  /** How many of the files could not be read to the end. */
  readonly failedFiles: number;
  readonly counts: readonly LedgerCounts[];
  /** How many of the delivered frames got the result of another one. */
  readonly sameFrames: number;
  readonly seconds: number;
  readonly engine: Engine;
  readonly stages: readonly StageTimes[];
}

/** The report at the end of a run, as text: frame counts, speed, engine, and stage times. */
export function formatReport({ files, failedFiles, counts, sameFrames, seconds, engine, stages }: RunReport): string {
  const sum = (of: (count: LedgerCounts) => number) => counts.reduce((total, count) => total + of(count), 0);
  const dropped = sum(({ dropped: causes }) => Object.values(causes).reduce((a, b) => a + b, 0));
  const [produced, delivered] = [sum((count) => count.produced), sum((count) => count.delivered)];
  const discarded = sum((count) => count.discarded);
  const account = [
    `${produced} produced`,
    `${delivered} delivered${sameFrames > 0 ? ` (${sameFrames} of them still, not computed)` : ''}`,
    ...(discarded > 0 ? [`${discarded} discarded`] : []),
    `${dropped} dropped`,
    `${sum((count) => count.failed)} failed`,
  ];
  const lines = [
    `frames: ${account.join(', ')} (${files} ${files === 1 ? 'file' : 'files'}${failedFiles > 0 ? `, ${failedFiles} failed` : ''}, ${seconds.toFixed(2)} s)`,
    `speed: ${(seconds > 0 ? delivered / seconds : 0).toFixed(1)} frames/s`,
    `engine: ${engine.name} (${engine.reason})`,
  ];
  if (stages.length > 0) lines.push('', stageTable(stages));
  return `${lines.join('\n')}\n`;
}

function stageTable(stages: readonly StageTimes[]): string {
  const table = plainTable({ stage: 'left', 'p50 ms': 'right', 'p95 ms': 'right', share: 'right' });
  for (const { stage, run, p50, p95, share } of stages) {
    table.push([
      `${run === undefined ? '' : '  '}${printable(stage)}`,
      p50.toFixed(3),
      p95.toFixed(3),
      `${(100 * share).toFixed(1)} %`,
    ]);
  }
  const apart = stages.find(({ run }) => run !== undefined);
  if (!apart) return table.toString();
  const how = "timed as a whole; the shares of its stages are from ONNX Runtime's profile of a few frames";
  return `${table.toString()}\n(${printable(apart.run ?? '')}: ${how})`;
}
