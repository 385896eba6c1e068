import type { Command } from 'commander';
import { kindOptions, modelOptions } from './labelling.ts';
import { classOptions } from './result-options.ts';
import { runCommand } from './run-command.ts';

/** The command `sluice classify`. It passes its exit code to `onEnd`. */
export function classifyCommand(onEnd: (code: number) => void): Command {
  return runCommand(
    {
      name: 'classify',
      description: 'Labels every frame. Writes results',
      options: (command) => classOptions(kindOptions(modelOptions(command))),
      examples: `  sluice classify clip.mp4                      every frame of a video
  sluice classify --every 10 --top 1 *.mp4      every 10th frame of many videos
  sluice classify --fps 2 --out all.csv *.mp4   two frames per second, to a file
  sluice classify --sample keyframes *.mp4      key frames only, which is fast
  sluice classify --sample scenes film.mkv      the first frame of each shot
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
  sluice classify -- -photo.jpg                 a file name that begins with -`,
    },
    onEnd,
  );
}
