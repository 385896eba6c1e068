import { printable, printableLines } from '../sinks/formats/invisible.ts';

/** Where text goes: stdout or stderr. */
export type TextStream = Pick<NodeJS.WriteStream, 'write'>;

/**
 * Writes text for people. All text of the command line goes this way, so that no name of a file, layer, label or argument controls
 * the terminal. Only the text's own line ends stay.
 */
export function print(stream: TextStream, text: string): void {
  stream.write(printableLines(text));
}

/** Writes a path for programs: exactly, but not to a terminal. */
export function printPath(path: string): void {
  const { stdout } = process;
  stdout.write(`${stdout.isTTY ? printable(path) : path}\n`);
}
