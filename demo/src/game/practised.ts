import { Observable } from 'rxjs';
import { errorOf, workerErrorOf } from '../run/failure.ts';
import { wasmPaths } from '../run/wasm-paths.ts';
import type { Begin, FromWorker, Round } from './messages.ts';

/** Trains a player in a worker of its own, which ends with the subscription. It goes on from a checkpoint, if there is one. */
export function practised(rounds: number, resume: Begin['resume']): Observable<Round> {
  return new Observable((subscriber) => {
    const worker = new Worker(new URL('./game-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'round') subscriber.next(data);
      else if (data.type === 'done') subscriber.complete();
      else subscriber.error(errorOf(data.failure));
    });
    worker.addEventListener('error', (event) => {
      subscriber.error(workerErrorOf(event, 'did not start, or stopped', 'What it learned stays here.'));
    });
    const begin: Begin = { wasmPaths, rounds, resume };
    worker.postMessage(begin, []);
    return () => worker.terminate();
  });
}
