import { Option, type Command } from 'commander';
import { OptionError } from '../../errors/errors.ts';
import type { ClassificationOptions } from '../../tasks/classification/class-scores.ts';
import { classification } from '../../tasks/classification/classification.ts';
import { modelHelp } from '../../models/named-model.ts';
import { interval, numeric, pixels, whole } from './values.ts';

const seconds = numeric((value) => value >= 0, 'of seconds, at least 0');

/** The options that say which model it is. */
export function modelOptions(command: Command): Command {
  return command
    .option('--model <name|path|url>', modelHelp, 'mobilenet-v1')
    .addOption(new Option('--pipeline <name|path|url>', 'the former name of --model').hideHelp())
    .on('option:pipeline', (name: string) => {
      command.setOptionValueWithSource('model', name, 'cli');
      command.setOptionValue('pipeline', undefined);
    })
    .option('--weights <file>', 'its weights, as safetensors (path or URL); only mobilenet-v1 brings its own')
    .addOption(
      new Option('--seed <n>', 'random weights, drawn from this number: to try out and to time a model')
        .argParser(whole(0))
        .conflicts('weights'),
    )
    .option('--labels <file>', 'the names of the classes, as a JSON list (path or URL)')
    .option(
      '--size <width>x<height>',
      'the size of the pictures that a model of your own gets, where it leaves that open: 257x257',
      pixels,
    )
    .option(
      '--range <low,high>',
      'the range of pixel values that a model of your own was trained with, where it does not say: 0,1 or -1,1 or 0,255',
      interval,
    );
}

/** The task of the commands that label. */
export const TASK = classification();

/** The options that say how frames are labelled; all commands that label have them. */
export function labelling(command: Command): Command {
  return modelOptions(command)
    .option('--top <n>', 'how many classes per frame, best first', whole(1), 5)
    .option(
      '--min-score <score>',
      'leave out classes under this score, 0 to 1',
      numeric((s) => s >= 0 && s <= 1, 'from 0 to 1'),
      0,
    )
    .addOption(
      new Option('--fps <n>', 'label at most this many frames per second of video')
        .argParser(numeric((n) => n > 0, 'over 0'))
        .conflicts('every'),
    )
    .option('--every <n>', 'label one frame in n', whole(1))
    .option('--start <seconds>', "from this time on, by the frames' timestamps", seconds)
    .option('--end <seconds>', 'up to, but not including, this time', seconds)
    .addOption(
      new Option(
        '--fit <how>',
        'cover: cut to the model’s shape; contain: add bars; fill: stretch (default: the model’s own)',
      ).choices(['cover', 'contain', 'fill']),
    )
    .addOption(
      new Option('--engine <name>', 'the engine that computes')
        .choices(['auto', 'onnxruntime', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--timings', 'add to every line what each stage took, or stages merged into one (ndjson, json)')
    .option('--ffmpeg <path>', 'the ffmpeg to decode with (default: FFMPEG_PATH, then PATH)');
}

/** The options of the task among those of a command. */
export function taskOptionsOf(command: ClassificationOptions): Record<string, number> {
  const { top, minScore } = command;
  return { ...(top === undefined ? {} : { top }), ...(minScore === undefined ? {} : { minScore }) };
}

/** Throws `OptionError` for options that are right by themselves and not together. */
export function checkTogether({
  start,
  end,
  out,
}: {
  readonly start?: number;
  readonly end?: number;
  readonly out?: string;
}): void {
  if (start !== undefined && end !== undefined && start >= end) {
    throw new OptionError(`--start ${start} is not before --end ${end}`);
  }
  if (out === '') throw new OptionError('--out needs the name of a file (- is stdout)');
}
