import { printable } from './printable.ts';

/** Says on stderr what does not stop a run but should be known. */
export function warn(message: string): void {
  process.stderr.write(`sluice: warning: ${printable(message)}\n`);
}
