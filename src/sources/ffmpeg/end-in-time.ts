import type { ChildProcess } from 'node:child_process';

/** How long a child has run. */
export interface ChildTime {
  /** Whether it was killed because its time was over. */
  readonly isOver: boolean;
}

/** Kills a child when its time is over or `signal` is aborted. */
export function endInTime(child: ChildProcess, timeoutMs: number, signal: AbortSignal): ChildTime {
  const time = { isOver: false };
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(() => {
    time.isOver = true;
    kill();
  }, timeoutMs);
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  const forget = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  };
  // A child that did not start closes nothing.
  child.once('error', forget);
  child.once('close', forget);
  return time;
}
