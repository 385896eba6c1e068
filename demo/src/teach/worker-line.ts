import { Subject, type Observable } from 'rxjs';
import mobilenetWeights from '../../../pipelines/mobilenet-v1/weights.safetensors?url';
import { errorOf, workerErrorOf } from '../run/failure.ts';
import { fetchAll } from '../run/fetch-all.ts';
import { wasmPaths } from '../run/wasm-paths.ts';
import type { FromWorker, ToWorker } from './messages.ts';

const REMEDY = 'Your examples are still here: try again, or keep them in this browser and reload the page.';

/** One worker, from its start to its end. */
export class WorkerLine {
  /** Resolves when the worker can take tasks. */
  readonly ready: Promise<void>;
  readonly #answers = new Subject<FromWorker>();
  readonly #loading = new AbortController();
  #worker: Worker | undefined;
  #isDead = false;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#answers.subscribe({ next: ({ type }) => type === 'ready' && resolve(), error: reject });
    });
    // Who waits for it is told.
    this.ready.catch(() => undefined);
    this.#begin().catch((thrown: unknown) => this.#die(thrown));
  }

  /** What the worker says. It fails when the worker does, with the reason. */
  get answers(): Observable<FromWorker> {
    return this.#answers;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  post(message: ToWorker, moved: Transferable[]): void {
    this.#worker?.postMessage(message, moved);
  }

  /** Ends the worker. What waits for it gets nothing more. */
  close(): void {
    this.#end();
    this.#answers.complete();
  }

  async #begin(): Promise<void> {
    const weights = await fetchAll(new URL(mobilenetWeights, location.href), () => undefined, this.#loading.signal);
    if (this.#isDead) return;
    const worker = new Worker(new URL('./teach-worker.ts', import.meta.url), { type: 'module' });
    this.#worker = worker;
    let isReady = false;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'broken') return this.#die(errorOf(data.failure));
      isReady ||= data.type === 'ready';
      return this.#answers.next(data);
    });
    worker.addEventListener('error', (event) => {
      this.#die(workerErrorOf(event, isReady ? 'stopped' : 'did not start', REMEDY));
    });
    this.post({ type: 'setup', weights, wasmPaths }, [weights.buffer]);
  }

  #die(reason: unknown): void {
    if (this.#isDead) return;
    this.#end();
    this.#answers.error(reason);
  }

  #end(): void {
    this.#isDead = true;
    this.#loading.abort();
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
