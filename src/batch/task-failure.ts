import { SluiceError } from '../errors/errors.ts';
import { unexpectedError } from './unexpected-error.ts';
import type { PartOutcome, TaskFailed } from './worker-task.ts';

/** Errors that another process may have caused, for example by killing the decoder. A second attempt may succeed. */
const TRANSIENT = new Set(['decode-failed', 'probe-failed', 'bad-ffmpeg', 'timeout']);
/** Errors that do not depend on where a part begins. */
const NOT_OF_THE_CUT = new Set(['not-found', 'not-a-file', 'empty', 'unreadable', 'changed', 'output', ...TRANSIENT]);

/** Returns the outcome of a part whose labelling threw. `isCut`: the part is one of several, so its cut may be the reason. */
export function failedPart(error: unknown, isCut: boolean): PartOutcome {
  const mayBeTheCut = isCut && error instanceof SluiceError && !NOT_OF_THE_CUT.has(error.code);
  return mayBeTheCut ? { type: 'frames-differ' } : failedTask(error, false);
}

/** Describes an error for the main process. */
export function failedTask(error: unknown, fatal: boolean): TaskFailed {
  if (error instanceof SluiceError) {
    const { code, message } = error;
    return { type: 'failed', code, message, retry: TRANSIENT.has(code), fatal: fatal || code === 'output' };
  }
  return { type: 'failed', code: 'bug', message: unexpectedError(error), retry: false, fatal };
}
