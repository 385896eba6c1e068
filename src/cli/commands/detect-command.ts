import type { Command } from 'commander';
import { headOptions, logitsOption } from './head-options.ts';
import { modelOptions } from './labelling.ts';
import { boxOptions } from './result-options.ts';
import { runCommand } from './run-command.ts';

/** The command `sluice detect`. It passes its exit code to `onEnd`. */
export function detectCommand(onEnd: (code: number) => void): Command {
  return runCommand(
    {
      name: 'detect',
      description: 'Finds objects in every frame. Writes boxes in pixels of the source picture',
      options: (command) =>
        boxOptions(logitsOption(headOptions(modelOptions(command, 'coco-ssd'), 'detection'))).option(
          '--track',
          'give each box the number of its object, the same in every frame (--min-score is then 0.1 by default)',
        ),
      examples: `  sluice models pull coco-ssd                   download the default model
  sluice detect clip.mp4                        the objects of every frame
  sluice detect clip.mp4 --annotate out.mp4     a copy with boxes drawn on it
  sluice detect --track clip.mp4 --annotate tracks.mp4
                                                who is who from frame to frame
  sluice detect --only person,car --fps 2 --out boxes.csv *.mp4
                                                a row for each box, to a file
  sluice detect --model yolo.onnx clip.mp4      with a detector of your own
  sluice detect --model faces.onnx --head corners --background 0 --fit fill \\
    --range -1,1 *.jpg                          one whose files say little`,
    },
    onEnd,
  );
}
