import type { Command } from 'commander';
import { modelOptions } from './labelling.ts';
import { runCommand } from './run-command.ts';

/** The command `sluice embed`. It passes its exit code to `onEnd`. */
export function embedCommand(onEnd: (code: number) => void): Command {
  return runCommand(
    {
      name: 'embed',
      description: 'Gives a vector for every frame, by which pictures can be compared. Writes vectors',
      options: (command) =>
        modelOptions(command)
          .option(
            '--as-is',
            'what the model gives is the vector (default: of a classifier, what comes before its last layer)',
          )
          .option('--normalize', 'divide each vector by its length, so that a dot product is a cosine'),
      examples: `  sluice embed photo.jpg                        1,024 features of MobileNet v1
  sluice embed --normalize --out all.parquet *.jpg
                                                a row a picture
  sluice embed --model faces.onnx --as-is --range -1,1 *.jpg
                                                a model that gives vectors
  sluice embed --model my-model/ --output pool --as-is clip.mp4
                                                what a layer gives`,
    },
    onEnd,
  );
}
