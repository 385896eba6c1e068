import { Option, type Command } from 'commander';
import { QUIET } from './labelling.ts';
import { bytes, whole } from './values.ts';

/** Adds the options that say how a job over many files runs. They change no result. `job` describes the folder of its state. */
export function jobOptions(command: Command, job: string): Command {
  return command
    .option('--job <folder>', job)
    .option('--fresh', 'delete the state in the job folder and start over')
    .option(
      '--workers <n>',
      'how many processes label at once (default: auto, as many as make the job faster)',
      workers,
    )
    .option(
      '--memory <size>',
      'the memory for all workers together: 2GB, 500MB (default: a quarter of the machine’s memory, at most three quarters of a container’s)',
      bytes,
    )
    .option(
      '--batch <n>',
      'how many frames go through the model together (default: depends on the model and the engine)',
      whole(1),
    )
    .addOption(new Option('--progress <how>', 'how to show progress').choices(['auto', 'json']).default('auto'))
    .option(...QUIET);
}

function workers(text: string): number | 'auto' {
  return text === 'auto' ? text : whole(1)(text);
}
