import { Tinypool } from 'tinypool';
import { processScript } from '../sources/own-script.ts';
import type { JobEvent } from './job-event.ts';
import { WorkerStreams } from './worker-streams.ts';
import type { PartOutcome, PartTask, WorkerReady, WorkerTask } from './worker-task.ts';

/** How often a task is tried if its worker or decoder was killed. */
const ATTEMPTS = 3;

const WORKER = processScript('worker', import.meta.url);

/**
 * Pictures are memory outside the heap. With V8's defaults, that much of it beside a small heap starts a full collection
 * every few dozen frames, which costs a tenth of the time. A larger old space avoids that, and frees young pictures
 * without it. The worker starts full collections itself, every few hundred frames.
 */
const GC_FLAGS = ['--initial-old-space-size=256', '--expose-gc'];

/** Worker processes of this machine that label parts, each one part at a time. If a process dies, the others go on. */
export class WorkerPool {
  readonly size: number;
  readonly #pool: Tinypool;
  readonly #streams: WorkerStreams;
  /** The pool does not keep this process alive while workers start or wait. This timer does. */
  readonly #keepAlive = setInterval(() => undefined, 2 ** 30);
  #prepareTask: WorkerTask | undefined;
  #waiting = 0;
  #deaths = 0;
  #isOver = false;
  readonly #channel: { postMessage: (event: JobEvent) => void };

  constructor(size: number, onProgress: (event: JobEvent) => void) {
    this.size = size;
    this.#channel = { postMessage: onProgress };
    this.#pool = new Tinypool({
      runtime: 'child_process',
      filename: WORKER.url.href,
      minThreads: size,
      maxThreads: size,
      env: process.env as Record<string, string>,
      execArgv: [...WORKER.execArgv, ...GC_FLAGS],
    });
    this.#streams = new WorkerStreams(this.#pool);
    this.#streams.takeOver();
    this.#pool.on('error', () => this.#replaceWorker());
  }

  /** Loads the model in all workers. Resolves with the answer of the first one, since all are alike. */
  async prepare(task: WorkerTask): Promise<WorkerReady | PartOutcome> {
    this.#prepareTask = task;
    return Promise.race(Array.from({ length: this.size }, () => this.#tryTask(task)));
  }

  /** Labels a part. If its worker or decoder is killed, tries again, three times in all. */
  async run(task: PartTask): Promise<PartOutcome> {
    return (await this.#tryTask(task)) as PartOutcome;
  }

  /** Ends the workers and their decoders. */
  async end(): Promise<void> {
    // Tasks that run fail with their workers. Trying them again would start new workers.
    this.#isOver = true;
    await this.#streams.endPool();
    clearInterval(this.#keepAlive);
  }

  /** The pool replaces a worker that dies while it waits, but not one that dies while it starts: tasks would wait forever. */
  #replaceWorker(): void {
    this.#streams.takeOver();
    if (this.#streams.cannotStart) this.#giveUp();
    if (this.#isOver || this.#waiting === 0 || !this.#prepareTask) return;
    if (++this.#deaths <= ATTEMPTS * this.size) {
      this.#pool.run(this.#prepareTask, { channel: this.#channel }).catch(() => undefined);
      this.#streams.takeOver();
      return;
    }
    this.#giveUp();
  }

  /** Lets all tasks fail. */
  #giveUp(): void {
    this.#isOver = true;
    // Not before the error of a process that did not start: the pool would throw another one.
    setImmediate(() => void this.#streams.endPool());
  }

  async #tryTask(task: WorkerTask): Promise<WorkerReady | PartOutcome> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#runOnce(task);
      if (answer.type !== 'failed' || !answer.retry || attempt === ATTEMPTS || this.#isOver) return answer;
    }
  }

  async #runOnce(task: WorkerTask): Promise<WorkerReady | PartOutcome> {
    this.#waiting++;
    try {
      const running = this.#pool.run(task, { channel: this.#channel });
      this.#streams.takeOver();
      if (this.#streams.cannotStart) this.#giveUp();
      return (await running) as WorkerReady | PartOutcome;
    } catch {
      this.#streams.takeOver();
      const source = task.type === 'part' ? `${task.part.source}: ` : '';
      const message = `${source}the worker process ended unexpectedly (${this.#streams.reason})`;
      return { type: 'failed', code: 'worker-died', message, retry: true, fatal: task.type !== 'part' };
    } finally {
      this.#waiting--;
    }
  }
}
