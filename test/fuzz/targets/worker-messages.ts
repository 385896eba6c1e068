import { lastValueFrom, of } from 'rxjs';
import { frameSource, type Pixels } from 'sluice';
import { inWorker } from 'sluice/browser';
import { bytesOf, textOf, type Input } from '../input.ts';
import type { FuzzTarget } from '../target.ts';
import { smallModel } from './small-model.ts';

const READY = { type: 'ready', engine: { name: 'cpu', reason: 'asked for' } };
const MESSAGES: readonly object[] = [
  { type: 'result', id: 0, memory: 'memory', result: { classes: [{ index: 0, label: 'a', score: 1 }] }, timings: [] },
  {
    type: 'failed',
    id: 0,
    memory: 'memory',
    error: { code: 'stage-failed', name: 'StageError', message: 'no', cause: { name: 'E', message: 'm' } },
  },
  { type: 'broken', error: { code: 'engine', name: 'EngineError', message: 'no engine' } },
  { type: 'warm-up', progress: { done: 1, of: 2 } },
];

/** What the worker of `inWorker` sends. */
export const workerMessages: FuzzTarget = {
  seeds: () => MESSAGES.map((message): Input => ({ 'message.json': bytesOf(JSON.stringify(message)) })),
  async read(input) {
    let message: unknown;
    try {
      message = JSON.parse(textOf(input['message.json']));
    } catch {
      return;
    }
    const picture: Pixels = { width: 8, height: 8, channels: 3, data: new Uint8Array(192) };
    const worker = new AnsweringWorker(message);
    const results = frameSource(of({ data: picture, timestamp: 0 })).pipe(
      inWorker(smallModel(), { worker: () => worker as unknown as Worker }),
    );
    await lastValueFrom(results, { defaultValue: undefined });
  },
};

/** A worker that answers a picture with one message, and then dies, so that nothing waits for more. */
class AnsweringWorker extends EventTarget {
  readonly #message: unknown;

  constructor(message: unknown) {
    super();
    this.#message = message;
  }

  postMessage({ type }: { readonly type: string }): void {
    setImmediate(() => {
      if (type === 'start') this.#send(READY);
      else {
        this.#send(withMemory(this.#message));
        this.dispatchEvent(new Event('error'));
      }
    });
  }

  terminate(): void {
    // Nothing runs.
  }

  #send(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

function withMemory(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !('memory' in message)) return message;
  return { ...message, memory: message.memory === 'memory' ? new ArrayBuffer(192) : message.memory };
}
