import { spawn, type ChildProcess } from 'node:child_process';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';

const alive = new Set<ChildProcess>();
let told: ((pid: number, runs: boolean) => void) | undefined;

/** Tells of each child that starts or ends. For a thread: when its process exits, no `exit` handler runs in it. */
export function onChild(listener: (pid: number, runs: boolean) => void): void {
  told = listener;
}

/** Children die with us: an `exit` handler can only do synchronous work, and a kill is. */
function killAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** How a child is started. */
export interface ChildOptions {
  /** Default `ignore`: it is closed. */
  readonly stdin?: 'ignore' | 'pipe';
  /** What it reads servers through. It is closed when the child ends, and ends the child when it refuses something. */
  readonly proxy?: ForwardProxy | undefined;
}

/**
 * Starts a program that will not outlive this process; no shell is involved.
 *
 * A process that dies without an `exit` event (SIGKILL) closes its pipes and connections: ffmpeg ends on its next write, or on its
 * next read from a server.
 */
export function startChild(
  file: string,
  args: readonly string[],
  pipes: 3 | 4 | 5,
  { stdin = 'ignore', proxy }: ChildOptions = {},
): ChildProcess {
  const outputs = Array.from({ length: pipes - 1 }, () => 'pipe' as const);
  const child = spawn(file, args, { stdio: [stdin, ...outputs], windowsHide: true, ...(proxy && { env: proxy.env }) });
  proxy?.onRefusal(() => child.kill('SIGKILL'));
  if (alive.size === 0) process.on('exit', killAll);
  alive.add(child);
  const { pid } = child;
  if (pid !== undefined) told?.(pid, true);
  const gone = (): void => {
    alive.delete(child);
    proxy?.close();
    if (pid !== undefined) told?.(pid, false);
    if (alive.size === 0) process.off('exit', killAll);
  };
  child.once('exit', gone);
  child.once('error', () => {
    // Also emitted when a kill fails; only a child that never started is gone.
    if (child.pid === undefined) gone();
  });
  return child;
}
