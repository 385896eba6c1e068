import { unexpectedError } from '../batch/unexpected-error.ts';
import { SluiceError } from '../errors/errors.ts';
import { openFilesError } from './open-files.ts';

/** What to print of an error: one line, without a stack. */
export function errorText(error: unknown): string {
  return error instanceof SluiceError ? error.message : (openFilesError(error) ?? unexpectedError(error));
}
