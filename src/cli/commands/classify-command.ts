import { Command } from 'commander';
import { addFormatOptions } from './format-options.ts';
import { checkTogether, frameOptions, kindOptions, modelOptions, QUIET, timingsOption } from './labelling.ts';
import type { RunCommand } from './run-options.ts';
import { classOptions } from './task-options.ts';

/** The command `sluice classify`. It passes its exit code to `onEnd`. */
export function classifyCommand(onEnd: (code: number) => void): Command {
  const command = new Command('classify')
    .description(
      'Labels every frame. Writes results to stdout (or --out), one JSON line per frame; everything else to stderr.',
    )
    .argument('<files...>', 'videos and pictures in any format that ffmpeg reads; also http(s) URLs');
  const labelling = timingsOption(classOptions(frameOptions(kindOptions(modelOptions(command)))));
  return addFormatOptions(labelling)
    .option(...QUIET)
    .addHelpText(
      'after',
      `
Examples:
  sluice classify clip.mp4                      every frame of a video
  sluice classify --every 10 --top 1 *.mp4      every 10th frame of many videos
  sluice classify --fps 2 --out all.csv *.mp4   two frames per second, to a file
  sluice classify --out '{dir}/{name}.vtt' *.mp4
                                                subtitles beside each video
  sluice classify --per second --format csv clip.mp4
                                                the mean of each second
  sluice classify --start 60 --end 90 film.mkv  30 seconds of a film
  sluice classify --model cats.safetensors *.jpg
                                                with your own model
  sluice classify --model my-model/ clip.mp4    a Teachable Machine, Keras or
                                                TensorFlow.js model
  sluice classify --model squeezenet --weights w.safetensors *.jpg
                                                with your own weights
  sluice classify -- -photo.jpg                 a file name that begins with -

Exit codes: 0 all frames were labelled, 1 something failed (all other frames
were labelled), 2 wrong usage, 130 interrupted (FILE.partial has the results
so far).`,
    )
    .action(async (files: string[], options: RunCommand) => {
      checkTogether(options);
      // Each command loads its own code, so that help and wrong usage need not wait for it.
      const { runFiles } = await import('./run-files.ts');
      onEnd(await runFiles('classify', files, options));
    });
}
