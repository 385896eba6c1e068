import { Command } from 'commander';
import { addFormatOptions } from './format-options.ts';
import { checkTogether, frameOptions, modelOptions, QUIET, timingsOption } from './labelling.ts';
import type { RunCommand } from './run-options.ts';
import { boxOptions, boxScore, headOptions, withTaskOf, type HeadOptions } from './task-options.ts';

/** The command `sluice detect`. It passes its exit code to `onEnd`. */
export function detectCommand(onEnd: (code: number) => void): Command {
  const command = new Command('detect')
    .description(
      'Finds objects in every frame. Writes boxes in pixels of the source picture to stdout (or --out), one JSON line per frame; everything else to stderr.',
    )
    .argument('<files...>', 'videos and pictures in any format that ffmpeg reads; also http(s) URLs');
  const boxes = boxOptions(boxScore(headOptions(modelOptions(command, 'coco-ssd'))));
  const labelling = timingsOption(
    frameOptions(boxes.option('--from-logits', 'its scores are logits, which get a sigmoid')),
  );
  return addFormatOptions(labelling)
    .option(...QUIET)
    .addHelpText(
      'after',
      `
Examples:
  sluice models pull coco-ssd                   download the default model
  sluice detect clip.mp4                        the objects of every frame
  sluice detect clip.mp4 --annotate out.mp4     a copy with boxes drawn on it
  sluice detect --only person,car --fps 2 --out boxes.csv *.mp4
                                                a row for each box, to a file
  sluice detect --model yolo.onnx clip.mp4      with a detector of your own
  sluice detect --model faces.onnx --head corners --background 0 --fit fill \\
    --range -1,1 *.jpg                          one whose files say little

Exit codes: 0 all frames were labelled, 1 something failed (all other frames
were labelled), 2 wrong usage, 130 interrupted (FILE.partial has the results
so far).`,
    )
    .action(async (files: string[], options: RunCommand & HeadOptions) => {
      checkTogether(options);
      const command = withTaskOf('detect', options);
      const { runFiles } = await import('./run-files.ts');
      onEnd(await runFiles('detect', files, command));
    });
}
