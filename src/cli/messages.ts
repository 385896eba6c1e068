import { printable } from '../sinks/formats/invisible.ts';
import { print } from './output.ts';

/** How serious a message is. */
export type MessageKind = 'error' | 'warning' | 'note';

/** A message as the command line prints it: `sluice: warning: …`. A note has no prefix of its own. */
export function messageLine(kind: MessageKind, message: string): string {
  return `sluice: ${kind === 'note' ? '' : `${kind}: `}${printable(message)}\n`;
}

/** Prints a warning on stderr. */
export function warn(message: string): void {
  print(process.stderr, messageLine('warning', message));
}

/** Prints information for the user on stderr. */
export function note(message: string): void {
  print(process.stderr, messageLine('note', message));
}
