import { Observable } from 'rxjs';

/** @internal Emits when the signal is aborted, also if it was before. */
export function aborted(signal: AbortSignal | undefined): Observable<true> {
  return new Observable((subscriber) => {
    const abort = () => subscriber.next(true);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    subscriber.add(() => signal?.removeEventListener('abort', abort));
  });
}
