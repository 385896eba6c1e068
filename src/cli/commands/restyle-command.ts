import { Command, Option } from 'commander';
import { checkTogether, frameOptions, modelOptions, QUIET } from './labelling.ts';
import type { RestyleCommand } from './restyle.ts';
import { interval, numeric, whole } from './values.ts';

/** The command `sluice restyle`. It passes its exit code to `onEnd`. */
export function restyleCommand(onEnd: (code: number) => void): Command {
  const command = new Command('restyle')
    .description(
      'Makes new pictures of every frame, such as larger ones, and writes them as a video or as files. Writes what it has written to stdout, one JSON line each; everything else to stderr.',
    )
    .argument('<files...>', 'videos and pictures in any format that ffmpeg reads; also http(s) URLs')
    .requiredOption(
      '--out <path>',
      "a video (.mp4), which appears when it is complete, '{dir}/{name}-new.{ext}' for each input; any other path is a folder for pictures",
    )
    .addOption(new Option('--format <name>', 'the format of pictures').choices(['png', 'jpeg', 'webp']).default('png'))
    .option(
      '--quality <n>',
      'the quality of jpeg and webp, 1 to 100 (default: 90)',
      numeric((value) => value >= 1 && value <= 100, 'from 1 to 100'),
    )
    .option('--tile <pixels>', "the size of the parts that the network sees (default: the model's input)", whole(1))
    .option(
      '--overlap <pixels>',
      'by how much parts overlap at least (default: 32, and at most a quarter of a part)',
      whole(0),
    );
  return frameOptions(modelOptions(command, 'esrgan'))
    .option(
      '--picture-range <low,high>',
      'the values of the output of a model of your own that are black and white: 0,1 or -1,1 or 0,255',
      interval,
    )
    .option(...QUIET)
    .addHelpText(
      'after',
      `
Examples:
  sluice models pull esrgan                     download the default model
  sluice restyle photo.jpg --out large/         twice as large: large/photo.png
  sluice restyle clip.mp4 --out large.mp4       a video
  sluice restyle --model style/ --picture-range 0,255 clip.mp4 --out painted.mp4
                                                with a model of your own

Exit codes: 0 all frames were written, 1 something failed (all other files
were written), 2 wrong usage, 130 interrupted (a video that is not complete
is not kept).`,
    )
    .action(async (files: string[], options: RestyleCommand) => {
      checkTogether(options);
      const { restyleFiles } = await import('./restyle.ts');
      onEnd(await restyleFiles(files, options));
    });
}
