import { InvalidArgumentError, Option, type Command } from 'commander';
import { STILL_THRESHOLD } from '../../flow/operators/still-threshold.ts';

/** Adds the option that leaves out frames which have not changed. */
export function stillOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--skip-still [threshold]',
      `give frames that look like the last labelled one its result, marked with "same", for cameras that do not move (threshold: 0 to 255, default: ${STILL_THRESHOLD})`,
    )
      .argParser(threshold)
      .preset(String(STILL_THRESHOLD)),
  );
}

function threshold(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && value <= 255) return value;
  // The value is optional, so that a file behind the option is taken for it.
  throw new InvalidArgumentError('It must be a number from 0 to 255. Without it, put -- before the files.');
}
