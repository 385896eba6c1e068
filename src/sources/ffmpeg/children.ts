import { spawn, type ChildProcess } from 'node:child_process';

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

/**
 * Starts a program that will not outlive this process; stdin is closed, unless it is asked for, and no shell is involved.
 *
 * A process that dies without an `exit` event (SIGKILL) closes the pipes: ffmpeg ends on its next write.
 */
export function startChild(
  file: string,
  args: readonly string[],
  pipes: 3 | 4,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const outputs = Array.from({ length: pipes - 1 }, () => 'pipe' as const);
  const child = spawn(file, args, { stdio: [stdin, ...outputs], windowsHide: true });
  if (alive.size === 0) process.on('exit', killAll);
  alive.add(child);
  const { pid } = child;
  if (pid !== undefined) told?.(pid, true);
  const gone = (): void => {
    alive.delete(child);
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
