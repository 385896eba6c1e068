import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Tinypool } from 'tinypool';
import type { JobEvent } from './job-event.ts';
import type { Outcome, PartTask, Ready, WorkerTask } from './worker-task.ts';

/** So often a part is tried where its end may have come from outside: a process that was killed. */
const ATTEMPTS = 3;

/** When built the worker is JavaScript; run from source, as this project's tests do, it needs the loader too. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER = new URL(FROM_SOURCE ? './worker.ts' : './worker.js', import.meta.url).href;
const LOADER = FROM_SOURCE ? ['--import', tsx()] : [];

/**
 * Pictures are memory outside the heap, and by default so much of it beside so small a heap makes V8 look through all of
 * the heap every few dozen frames, a tenth of the time; young ones are let go of without that. The worker does it itself,
 * now and then.
 */
const SELDOM_COLLECTED = ['--initial-old-space-size=256', '--expose-gc'];

/** By its place: a worker may start in any folder. */
function tsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

/** Processes of this machine that label parts, one at a time each. Processes, so that one that dies takes no other with it. */
export class WorkerPool {
  readonly size: number;
  readonly #pool: Tinypool;
  /** The pool lets this process end while workers start or rest, whatever waits for them. */
  readonly #alive = setInterval(() => undefined, 2 ** 30);
  #first: WorkerTask | undefined;
  #waiting = 0;
  #deaths = 0;
  #isOver = false;
  readonly #channel: { postMessage: (event: JobEvent) => void };

  constructor(size: number, onProgress: (event: JobEvent) => void) {
    this.size = size;
    this.#channel = { postMessage: onProgress };
    this.#pool = new Tinypool({
      runtime: 'child_process',
      filename: WORKER,
      minThreads: size,
      maxThreads: size,
      env: process.env as Record<string, string>,
      execArgv: [...process.execArgv.filter((flag) => !flag.startsWith('--inspect')), ...LOADER, ...SELDOM_COLLECTED],
    });
    this.#pool.on('error', () => this.#diedIdle());
  }

  /** Gets every worker ready; what the first of them says, since all are alike. */
  async prepare(task: WorkerTask): Promise<Ready | Outcome> {
    this.#first = task;
    return Promise.race(Array.from({ length: this.size }, () => this.#persist(task)));
  }

  /** Labels a part; one whose worker or decoder was killed is tried again. */
  async run(task: PartTask): Promise<Outcome> {
    return (await this.#persist(task)) as Outcome;
  }

  /** Ends the workers, and with them their decoders. */
  async end(): Promise<void> {
    // Their parts fail with them, and are not to be tried again: that would start others.
    this.#isOver = true;
    await this.#pool.destroy();
    clearInterval(this.#alive);
  }

  /** The pool replaces a worker that dies at rest, not one that dies while it starts; and then nobody does what waits. */
  #diedIdle(): void {
    if (this.#isOver || this.#waiting === 0 || !this.#first) return;
    if (++this.#deaths <= ATTEMPTS * this.size) {
      this.#pool.run(this.#first, { channel: this.#channel }).catch(() => undefined);
      return;
    }
    this.#isOver = true;
    void this.#pool.destroy();
  }

  async #persist(task: WorkerTask): Promise<Ready | Outcome> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(task);
      if (answer.type !== 'failed' || !answer.again || attempt === ATTEMPTS || this.#isOver) return answer;
    }
  }

  async #ask(task: WorkerTask): Promise<Ready | Outcome> {
    this.#waiting++;
    try {
      return (await this.#pool.run(task, { channel: this.#channel })) as Ready | Outcome;
    } catch {
      const source = task.type === 'part' ? `${task.filePart.source}: ` : '';
      const message = `${source}the worker process ended unexpectedly (killed, or out of memory)`;
      return { type: 'failed', code: 'worker-died', message, again: true, fatal: task.type !== 'part' };
    } finally {
      this.#waiting--;
    }
  }
}
