import { fromEvent, map, merge, take, type Observable } from 'rxjs';

/** The signals that ask a run to end, and the exit codes that say so (128 + the signal's number). */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Ctrl-C, a closed terminal, or being asked to end: the exit code for it. Only the first one is taken; a second one
 * ends the process at once.
 */
export function interruption(): Observable<number> {
  return merge(...Object.entries(CODES).map(([signal, code]) => fromEvent(process, signal).pipe(map(() => code)))).pipe(
    take(1),
  );
}
