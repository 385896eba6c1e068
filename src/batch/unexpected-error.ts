import { codeOf } from '../errors/code-of.ts';
import { messageOf } from '../errors/errors.ts';
import { printableLines } from '../sinks/formats/invisible.ts';

/** Whether the user asks where unexpected errors arise. */
export const isDebug = (process.env['SLUICE_DEBUG'] ?? '') !== '';

/**
 * Describes an error that is not sluice's own in one line: by its message if the system reported it (a full disk), else as a bug.
 * With SLUICE_DEBUG, its stack goes to stderr.
 */
export function unexpectedError(error: unknown): string {
  const { name = 'Error', stack, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (isDebug && stack !== undefined) process.stderr.write(`${printableLines(stack)}\n`);
  const message = messageOf(error);
  if (syscall !== undefined && codeOf(error) !== undefined) return message;
  const how = isDebug ? 'please report it with its stack' : 'SLUICE_DEBUG=1 shows where: please report it';
  return `${name}: ${message} (this is a bug in sluice; ${how})`;
}
