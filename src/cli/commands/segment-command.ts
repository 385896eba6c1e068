import type { Command } from 'commander';
import { headOptions, logitsOption } from './head-options.ts';
import { modelOptions } from './labelling.ts';
import { regionOptions } from './result-options.ts';
import { runCommand } from './run-command.ts';

/** The command `sluice segment`. It passes its exit code to `onEnd`. */
export function segmentCommand(onEnd: (code: number) => void): Command {
  return runCommand(
    {
      name: 'segment',
      description: 'Says which pixels of every frame show what. Writes regions as run lengths, with their areas,',
      options: (command) => regionOptions(logitsOption(headOptions(modelOptions(command, 'deeplab'), 'segmentation'))),
      examples: `  sluice models pull deeplab                    download the default model
  sluice segment photo.jpg                      the regions of a photo
  sluice segment clip.mp4 --annotate out.mp4    a copy with regions in colour
  sluice segment --only person --fps 1 --format csv clip.mp4
                                                the area of people
  sluice segment --model selfie clip.mp4        who is before the camera`,
    },
    onEnd,
  );
}
