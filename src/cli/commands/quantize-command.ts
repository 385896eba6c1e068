import { Command, Option } from 'commander';
import { kindOptions, modelOptions, QUIET } from './labelling.ts';
import type { QuantizeCommand } from './quantize.ts';
import { percentShare, numeric, whole } from './values.ts';

/** The command `sluice quantize`. It passes its exit code to `onEnd`. */
export function quantizeCommand(onEnd: (code: number) => void): Command {
  const command = new Command('quantize')
    .description(
      'Makes a model compute with integers of 8 bits, which is about twice as fast on ONNX Runtime, and says what that costs.',
    )
    .requiredOption(
      '--calibrate <files...>',
      'videos, pictures, or folders of them, as the model will see them: 100 frames or more',
    )
    .requiredOption('--out <file>', 'the file to write: model.int8.onnx, or .safetensors, which keeps any task');
  return kindOptions(modelOptions(command))
    .addOption(
      new Option('--method <method>', 'how the range of each value is chosen')
        .choices(['minmax', 'percentile', 'entropy'])
        .default('minmax'),
    )
    .option(
      '--percentile <percent>',
      'the share of values in the range, with --method percentile (default: 99.99)',
      numeric((percent) => percent >= 50 && percent <= 100, 'from 50 to 100'),
    )
    .option('--frames <n>', 'the most frames to take, spread evenly over the files', whole(1), 200)
    .option('--keep-float <layers...>', 'layers that stay float, by the names that the report shows')
    .option(
      '--max-loss <percent>',
      'the share of held-out frames whose first class may change, in percent, such as 0.5%: the noisiest layers stay float (default: what changes is only reported)',
      percentShare,
    )
    .option('--ffmpeg <path>', 'the ffmpeg program that decodes the files (default: FFMPEG_PATH, then PATH)')
    .option(...QUIET)
    .addOption(
      new Option('--engine <name>', 'the engine that compares the results')
        .choices(['auto', 'onnxruntime', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  sluice quantize --calibrate clips/ --out mobilenet.int8.onnx
  sluice batch --model mobilenet.int8.onnx --out all.ndjson clips/
                                                and then use it
  sluice quantize --model my-model/ --calibrate clip.mp4 \\
    --method percentile --max-loss 0.5% --out mine.int8.onnx

Every fourth frame is held out: on these, the report compares the new model with
the float one. Frames of one video resemble each other, so that other videos may
lose more.

Exit codes: 0 the file was written, 1 it could not be written, or a file could
not be read, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (options: QuantizeCommand) => {
      const { quantizeModel } = await import('./quantize.ts');
      onEnd(await quantizeModel(options));
    });
}
