import { printable } from './printable.ts';

/** How serious a message is. */
export type MessageKind = 'error' | 'warning' | 'note';

/** A message as the command line prints it: `sluice: warning: …`. A note has no prefix of its own. */
export function messageLine(kind: MessageKind, message: string): string {
  return `sluice: ${kind === 'note' ? '' : `${kind}: `}${printable(message)}\n`;
}

/** Prints a warning on stderr. */
export function warn(message: string): void {
  process.stderr.write(messageLine('warning', message));
}

/** Prints information for the user on stderr. */
export function note(message: string): void {
  process.stderr.write(messageLine('note', message));
}
