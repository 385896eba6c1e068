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
      options: (command) =>
        regionOptions(logitsOption(headOptions(modelOptions(command, 'deeplab'), 'segmentation'))).option(
          '--masks <folder>',
          'write the map of each frame as a PNG whose pixels are class numbers, or of a mask the probability: clip-000012.png',
        ),
      examples: `  sluice models pull deeplab                    download the default model
  sluice segment photo.jpg                      the regions of a photo
  sluice segment clip.mp4 --annotate out.mp4    a copy with regions in colour
  sluice segment *.jpg --masks masks/           a PNG of class numbers for each
  sluice segment --only person --fps 1 --format csv clip.mp4
                                                the area of people
  sluice segment --model selfie clip.mp4        who is before the camera`,
    },
    onEnd,
  );
}
