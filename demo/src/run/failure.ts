import { SluiceError, WorkerError, type ErrorCode } from 'sluice';

/** An error, as it goes from a worker to the page. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
}

/** What a worker sends of an error. */
export function failureOf(thrown: unknown): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: thrown instanceof SluiceError ? thrown.code : undefined, message };
}

/** The error that a worker has sent. */
export function errorOf({ code, message }: Failure): Error {
  return code ? new SluiceError(code, message) : new Error(message);
}

/** The error of a worker that learns and has failed itself: `what` it did, and what the user should know. */
export function workerErrorOf(event: ErrorEvent, what: string, remedy: string): WorkerError {
  event.preventDefault();
  const why = event.message ? `: ${event.message}` : '';
  return new WorkerError(`The worker that learns ${what}${why}. ${remedy}`);
}
