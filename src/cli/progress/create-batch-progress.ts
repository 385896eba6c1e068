import { BatchBars } from './batch-bars.ts';
import { BatchJson } from './batch-json.ts';
import { BatchLines } from './batch-lines.ts';
import type { BatchProgress } from './batch-progress.ts';

/** Makes the progress of a batch job: bars on a terminal, JSON lines for programs, else text lines. When quiet, it shows only messages. */
export function createBatchProgress(stream: NodeJS.WriteStream, how: 'auto' | 'json', quiet: boolean): BatchProgress {
  if (how === 'json') return new BatchJson(stream);
  return stream.isTTY && !quiet ? new BatchBars(stream) : new BatchLines(stream, quiet);
}
