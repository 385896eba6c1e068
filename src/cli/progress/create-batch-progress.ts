import { BatchBars } from './batch-bars.ts';
import { BatchJson } from './batch-json.ts';
import { BatchLines } from './batch-lines.ts';
import type { BatchProgress } from './batch-progress.ts';

/** Bars on a terminal, a plain line now and then elsewhere, JSON for programs; when quiet, only what is said. */
export function createBatchProgress(stream: NodeJS.WriteStream, how: 'auto' | 'json', quiet: boolean): BatchProgress {
  if (how === 'json') return new BatchJson(stream);
  return stream.isTTY && !quiet ? new BatchBars(stream) : new BatchLines(stream, quiet);
}
