import { Option, type Command } from 'commander';
import { OptionError } from '../../errors/errors.ts';
import { OUTPUT_KINDS } from '../../models/output-kind.ts';
import { MAX_SIDE } from '../../preprocess/fit.ts';
import { RUNTIME_SHARES } from '../../models/onnx/onnx-model-options.ts';
import { modelHelp } from '../../models/ready-made.ts';
import { MOST_PER_SCENE, type Sampling } from '../../sources/ffmpeg/sampling.ts';
import { preparationOptions } from './preparation-options.ts';
import { constantValue, numeric, outputKinds, outputNames, pixels, stateInput, whole } from './values.ts';

const seconds = numeric((value) => value >= 0, 'of seconds, at least 0');

/** The option that limits the work of a model. */
export const MAX_WORK = [
  '--max-work <n>',
  'refuse a model that takes more multiply-adds or visits of values for one frame (default: 1e13; vgg16 takes 1.6e10)',
  numeric((value) => value > 0, 'over 0'),
] as const;

/** Adds the options that choose the model. */
export function modelOptions(command: Command, model = 'mobilenet-v1'): Command {
  command
    .option('--model <name|path|url>', modelHelp, model)
    .addOption(new Option('--pipeline <name|path|url>', 'the former name of --model').hideHelp())
    .on('option:pipeline', (name: string) => {
      command.setOptionValueWithSource('model', name, 'cli');
      command.setOptionValue('pipeline', undefined);
    })
    .option(
      '--weights <file>',
      'the weights, a safetensors file (path or URL); mobilenet-v1, lenet5 and alexnet-cifar10 include theirs',
    )
    .addOption(
      new Option(
        '--precision <precision>',
        'int8 takes the weights of mobilenet-v1 as integers of 8 bits, which is faster on onnxruntime (default: floats)',
      )
        .choices(['int8'])
        .conflicts(['weights', 'seed']),
    )
    .addOption(
      new Option('--seed <n>', 'use random weights, generated from this number, to try out or time a model')
        .argParser(whole(0))
        .conflicts('weights'),
    )
    .option(
      '--labels <file|imagenet>',
      'the class names: JSON, CSV, or a text with one on each line (path or URL), or imagenet for those of ImageNet',
    )
    .option('--size <width>x<height>', 'the input size, for a model of your own that does not fix it: 257x257', pixels)
    .option(...OUTPUT);
  return preparationOptions(nodeOptions(command)).option(...MAX_WORK);
}

/** Adds the options that say what the numbers of classes are, or of values or vectors. */
export function kindOptions(command: Command): Command {
  return command
    .option(
      '--output-kind <kind>',
      `what the output of a model of your own is: ${OUTPUT_KINDS.join(', ')}; of several outputs name=kind,name=kind (default: what its files and its last operation say)`,
      outputKinds,
    )
    .option('--from-logits', 'the output of a binary or multiLabel model is logits, which get a sigmoid');
}

/** The option that chooses outputs. */
export const OUTPUT = [
  '--output <name,…>',
  'the layer or node whose value is the output, or several, of a model of your own with several outputs',
  outputNames,
] as const;

/** Adds the options that name inputs and outputs of a model of one's own. */
export function nodeOptions(command: Command): Command {
  const constant = new Option('--constant <name=value>', 'the value of another input: a number, or a JSON list');
  // One on the command line, any number in code.
  constant.attributeName = () => 'constants';
  return command
    .addOption(
      new Option(
        '--onnx-runtime <part>',
        'what of an ONNX model that you trust runs on ONNX Runtime: the whole, or the rest that stages cannot do (default: nothing)',
      ).choices(RUNTIME_SHARES),
    )
    .option('--input <name>', 'the input that takes the pictures, of a graph or ONNX model with several inputs')
    .addOption(constant.argParser(constantValue))
    .option(
      '--state <input=output>',
      'an input of a graph or ONNX model that takes what an output was for the frame before',
      stateInput,
    );
}

/** The option that leaves out progress. */
export const QUIET = ['--quiet', 'print only errors and warnings, no progress and no report'] as const;

/** Adds the option for the times of stages. */
export function timingsOption(command: Command): Command {
  return command.option(
    '--timings',
    'add the time of each stage, or of stages merged into one, to every line (ndjson, json)',
  );
}

/** Adds the options that choose frames, and that decide how they are decoded and computed. */
export function frameOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--fps <n>', 'label at most this many frames per second of video')
        .argParser(numeric((n) => n > 0, 'over 0'))
        .conflicts('every'),
    )
    .option('--every <n>', 'label every nth frame', whole(1))
    .addOption(
      new Option(
        '--sample <which>',
        'keyframes decodes and labels key frames only, which is many times as fast, with --fps the one nearest to each tick; scenes labels the first frame after each cut',
      )
        .choices(['keyframes', 'scenes'])
        .conflicts('every'),
    )
    .option(
      '--scene-threshold <score>',
      'with --sample scenes: how different from the one before a frame is that begins a shot, in percent of the range of luma (default: 10)',
      numeric((score) => score > 0 && score <= 100, 'over 0, at most 100'),
    )
    .option(
      '--frames-per-scene <n>',
      'with --sample scenes: label n frames of each shot, evenly from its first one on (default: 1)',
      whole(1, MOST_PER_SCENE),
    )
    .option('--start <seconds>', 'start at this time, counted from the first frame', seconds)
    .option('--end <seconds>', 'stop before this time', seconds)
    .option(
      '--stream <n>',
      'label this video stream, by its number in the file (default: the default stream, else the largest)',
      whole(0),
    )
    .option('--allow-playlists', 'read files that name other files, such as HLS playlists, from disk')
    .addOption(
      new Option(
        '--tone-map <how>',
        'high dynamic range (PQ, HLG): auto maps it to standard range, none leaves it as it is (default: auto)',
      ).choices(['auto', 'none']),
    )
    .option(
      '--max-pixels <n>',
      'the most pixels that a picture or a frame may have (default: 100000000)',
      whole(1, MAX_SIDE ** 2),
    )
    .addOption(
      new Option('--engine <name>', 'the engine that runs the model')
        .choices(['auto', 'onnxruntime', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--ffmpeg <path>', 'the ffmpeg program that decodes the files (default: FFMPEG_PATH, then PATH)')
    .option(
      '--hwaccel <name>',
      'the hardware that decodes videos: auto, none, or a name that ffmpeg -hwaccels lists (default: none)',
    );
}

/** Throws `OptionError` for valid options that contradict each other. */
export function checkTogether({
  start,
  end,
  out,
  track,
  skipStill,
  ...sampling
}: {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly out?: string | undefined;
  readonly track?: boolean | undefined;
  readonly skipStill?: number | undefined;
  readonly sample?: Sampling | undefined;
  readonly fps?: number | undefined;
  readonly sceneThreshold?: number | undefined;
  readonly framesPerScene?: number | undefined;
  readonly per?: string | undefined;
}): void {
  checkScenes(sampling);
  if (track && skipStill !== undefined) {
    throw new OptionError('--track needs the boxes of every frame: leave out --skip-still');
  }
  if (start !== undefined && end !== undefined && start >= end) {
    throw new OptionError(`--start ${start} must be before --end ${end}`);
  }
  if (out === '') throw new OptionError('--out needs a file name (- is stdout)');
}

function checkScenes({ sample, fps, sceneThreshold, framesPerScene, per }: Parameters<typeof checkTogether>[0]): void {
  if (sample === 'scenes' && fps !== undefined) {
    throw new OptionError(
      '--sample scenes labels frames after cuts, at no rate: leave out --fps, or see --frames-per-scene',
    );
  }
  if (per === 'scene' && sample !== 'scenes') {
    throw new OptionError('--per scene goes with --sample scenes; --per label joins frames with the same label');
  }
  for (const [name, value] of Object.entries({
    '--scene-threshold': sceneThreshold,
    '--frames-per-scene': framesPerScene,
  })) {
    if (value !== undefined && sample !== 'scenes') throw new OptionError(`${name} goes with --sample scenes`);
  }
}
