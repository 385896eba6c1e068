import { OptionError } from '../../errors/errors.ts';
import { errorText } from '../error-text.ts';
import type { BatchProgress } from '../progress/batch-progress.ts';
import { createBatchProgress } from '../progress/create-batch-progress.ts';
import { interruption } from './interruption.ts';

/** The options of a command that shows its progress. */
export interface ProgressCommand {
  readonly progress: 'auto' | 'json';
  readonly quiet?: boolean;
}

/**
 * Runs a command that shows its progress, until its end or until a signal. Resolves to its exit code. Rejects with the error that
 * ended it, unless programs read its messages: they get the error as JSON.
 */
export async function interruptible(
  { progress: how, quiet = false }: ProgressCommand,
  run: (progress: BatchProgress, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const progress = createBatchProgress(process.stderr, how, quiet);
  const ending = new AbortController();
  let signal = 0;
  const subscription = interruption().subscribe((code) => {
    signal = code;
    ending.abort(new Error('interrupted'));
  });
  try {
    return await run(progress, ending.signal);
  } catch (error) {
    progress.stop();
    if (signal !== 0) return signal;
    if (how !== 'json') throw error;
    progress.say('error', errorText(error));
    return error instanceof OptionError ? 2 : 1;
  } finally {
    subscription.unsubscribe();
  }
}
