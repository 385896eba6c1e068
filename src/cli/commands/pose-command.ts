import type { Command } from 'commander';
import { headOptions, logitsOption } from './head-options.ts';
import { modelOptions } from './labelling.ts';
import { poseOptions } from './result-options.ts';
import { runCommand } from './run-command.ts';

/** The command `sluice pose`. It passes its exit code to `onEnd`. */
export function poseCommand(onEnd: (code: number) => void): Command {
  return runCommand(
    {
      name: 'pose',
      description: 'Finds the points of bodies in every frame. Writes them in pixels of the source picture',
      options: (command) => poseOptions(logitsOption(headOptions(modelOptions(command, 'movenet'), 'keypoints'))),
      examples: `  sluice models pull movenet                    download the default model
  sluice pose clip.mp4                          the points of every frame
  sluice pose clip.mp4 --annotate out.mp4       a copy with skeletons drawn on it
  sluice pose --model movenet-multipose --out points.csv clip.mp4
                                                several people, a row a point`,
    },
    onEnd,
  );
}
