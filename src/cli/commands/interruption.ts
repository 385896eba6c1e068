import { fromEvent, map, merge, take, type Observable } from 'rxjs';

/** The signals that interrupt a run, and their exit codes (128 + the signal's number). */
const CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Emits the exit code of the first signal: Ctrl-C, a closed terminal, or a request to terminate. A second signal ends
 * the process at once.
 */
export function interruption(): Observable<number> {
  return merge(...Object.entries(CODES).map(([signal, code]) => fromEvent(process, signal).pipe(map(() => code)))).pipe(
    take(1),
  );
}
