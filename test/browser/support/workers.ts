import { commands } from 'vitest/browser';

/** How many workers this page has. */
export function countWorkers(): Promise<number> {
  return (commands as unknown as { countWorkers(): Promise<number> }).countWorkers();
}
