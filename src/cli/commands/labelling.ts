import { Option, type Command } from 'commander';
import { OptionError } from '../../errors/errors.ts';
import { pipelineHelp } from '../../models/named-model.ts';
import { interval, numeric, pixels, whole } from './values.ts';

const seconds = numeric((value) => value >= 0, 'of seconds, at least 0');

/** The options that say which network it is. */
export function networkOptions(command: Command): Command {
  return command
    .option('--pipeline <name|path|url>', pipelineHelp, 'mobilenet-v1')
    .option('--weights <file>', 'its weights, as safetensors (path or URL); only mobilenet-v1 brings its own')
    .addOption(
      new Option('--seed <n>', 'random weights, drawn from this number: to try and to time a network')
        .argParser(whole(0))
        .conflicts('weights'),
    )
    .option('--labels <file>', 'a JSON list of one name per class (path or URL)')
    .option(
      '--size <width>x<height>',
      'what a model of your own gets its pictures as, where it leaves that open: 257x257',
      pixels,
    )
    .option(
      '--range <low,high>',
      'what a model of your own wants its pixels as, where it does not say: 0,1 or -1,1 or 0,255',
      interval,
    );
}

/** The options that say how frames are labelled, which all commands that label have. */
export function labelling(command: Command): Command {
  return networkOptions(command)
    .option('--top <n>', 'how many classes per frame, best first', whole(1), 5)
    .option(
      '--min-score <score>',
      'leave out classes under this score, 0 to 1',
      numeric((s) => s >= 0 && s <= 1, 'from 0 to 1'),
      0,
    )
    .addOption(
      new Option('--fps <n>', 'label at most so many frames per second of video')
        .argParser(numeric((n) => n > 0, 'over 0'))
        .conflicts('every'),
    )
    .option('--every <n>', 'label one frame in n', whole(1))
    .option('--start <seconds>', "from this time on, by the frames' timestamps", seconds)
    .option('--end <seconds>', 'up to, but not including, this time', seconds)
    .addOption(
      new Option(
        '--fit <how>',
        'cover: cut to the network’s shape; contain: add bars; fill: stretch (default: the network’s own)',
      ).choices(['cover', 'contain', 'fill']),
    )
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', 'onnxruntime', 'wasm', 'cpu']).default('auto'),
    )
    .option('--timings', 'add to every line what each stage took, or stages merged into one (ndjson, json)')
    .option('--ffmpeg <path>', 'the ffmpeg to decode with (default: FFMPEG_PATH, then PATH)');
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
