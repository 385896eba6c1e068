import { Command } from 'commander';
import { addFormatOptions } from './format-options.ts';
import { withTaskOf, type HeadOptions } from './head-options.ts';
import { checkTogether, frameOptions, QUIET, timingsOption } from './labelling.ts';
import type { RunCommand } from './run-options.ts';
import { stillOption } from './still-option.ts';

/** What a command has of its own that labels files one after another. */
export interface OwnOfCommand {
  readonly name: string;
  readonly description: string;
  /** Adds the options of the model and of the results. */
  readonly options: (command: Command) => Command;
  readonly examples: string;
}

/** A command that labels files one after another, such as `sluice classify`. It passes its exit code to `onEnd`. */
export function runCommand(
  { name, description, options, examples }: OwnOfCommand,
  onEnd: (code: number) => void,
): Command {
  const command = new Command(name)
    .description(`${description} to stdout (or --out), one JSON line per frame; everything else to stderr.`)
    .argument('<files...>', 'videos and pictures in any format that ffmpeg reads; also http(s) URLs');
  return addFormatOptions(timingsOption(stillOption(frameOptions(options(command)))))
    .option(...QUIET)
    .addHelpText(
      'after',
      `
Examples:
${examples}

Exit codes: 0 all frames were labelled, 1 something failed (all other frames
were labelled), 2 wrong usage, 130 interrupted (FILE.partial has the results
so far).`,
    )
    .action(async (files: string[], given: RunCommand & HeadOptions) => {
      checkTogether(given);
      const parsed = withTaskOf(name, given);
      // Each command loads its own code, so that help and wrong usage need not wait for it.
      const { runFiles } = await import('./run-files.ts');
      onEnd(await runFiles(name, files, parsed));
    });
}
