import type { ChildProcess } from 'node:child_process';
import type { Tinypool } from 'tinypool';
import { printableLines } from '../sinks/formats/invisible.ts';
import { isDebug } from './unexpected-error.ts';

/** How much of what a worker writes is searched for the reason of its end. */
const KEPT = 20_000;
const ERROR = /^(?:Uncaught )?\w*Error(?: \[\w+\])?: (.+)$/m;

/**
 * Takes the stdout and stderr of the worker processes away from those of this process, to which the pool connects them. A worker writes
 * there only what Node says as it dies: a stack, which is no message for users. With SLUICE_DEBUG it is shown.
 */
export class WorkerStreams {
  readonly #pool: Tinypool;
  readonly #known = new WeakSet<ChildProcess>();
  #said = '';
  readonly #unstarted = new Set<ChildProcess>();

  constructor(pool: Tinypool) {
    this.#pool = pool;
  }

  /** Takes the streams of the workers that were started since. To be called in the same turn. */
  takeOver(): void {
    for (const worker of this.#pool.threads) {
      const { process: child } = worker as { readonly process?: ChildProcess };
      if (child === undefined || this.#known.has(child)) continue;
      this.#known.add(child);
      if (child.pid === undefined) {
        this.#unstarted.add(child);
        // The pool can't handle the error that follows.
        child.removeAllListeners('error').on('error', () => undefined);
      }
      child.stdout?.unpipe(process.stdout).resume();
      child.stderr
        ?.unpipe(process.stderr)
        .setEncoding('utf8')
        .on('data', (text: string) => this.#take(text));
    }
  }

  /** Ends the pool. It waits for the end of each process, and those that never started do not tell it. */
  async endPool(): Promise<void> {
    const ended = this.#pool.destroy();
    for (const child of this.#unstarted) child.emit('exit', 1, null);
    await ended;
  }

  /** Whether the system refused to start a worker: the pool would wait for it forever. */
  get cannotStart(): boolean {
    return this.#unstarted.size > 0;
  }

  /** Why a worker ended, as far as is known. */
  get reason(): string {
    if (this.cannotStart) return 'the system cannot start another process: raise its limits, or use fewer workers';
    if (/out of memory/i.test(this.#said)) return 'out of memory';
    return ERROR.exec(this.#said)?.[1] ?? 'killed, or out of memory';
  }

  #take(text: string): void {
    this.#said = (this.#said + text).slice(-KEPT);
    if (isDebug) process.stderr.write(printableLines(text));
  }
}
