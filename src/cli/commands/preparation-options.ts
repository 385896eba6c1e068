import { Option, type Command } from 'commander';
import { FITS, RESIZE_METHODS } from '../../preprocess/fit.ts';
import { presets } from '../../preprocess/presets.ts';
import { channelCount, factor, interval, numbers, numeric } from './values.ts';

/** Adds the options that say how pictures are prepared for a model. Their defaults are what the model and the files beside it say. */
export function preparationOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--preset <name>',
        'the preparation of a family of models: tf (-1 to 1), torch (ImageNet mean and deviation), caffe (BGR less a mean), keras and raw (0 to 255)',
      ).choices(Object.keys(presets)),
    )
    .option('--range <low,high>', 'the values that 0 and 255 become: 0,1 or -1,1 or 0,255', interval)
    .option(
      '--mean <numbers>',
      'what is subtracted from pixel values scaled to 0-1 (see --scale): a number, or one for each channel: 0.485,0.456,0.406',
      numbers(() => true, 'such as 0.5'),
    )
    .option(
      '--std <numbers>',
      'what the difference is divided by: a number over 0, or one for each channel: 0.229,0.224,0.225',
      numbers((value) => value > 0, 'over 0'),
    )
    .option(
      '--scale <factor>',
      'what pixel values are multiplied by before --mean is subtracted (default: 1/255); 1 for a mean of values from 0 to 255',
      factor,
    )
    .addOption(new Option('--channel-order <order>', 'the order of the colours').choices(['rgb', 'bgr']))
    .addOption(
      new Option('--channels <n>', '3 for colours, 1 for grey, if the model leaves it open').argParser(channelCount),
    )
    .addOption(
      new Option('--layout <order>', 'the order of the input: batch (n), height, width, channels').choices([
        'nhwc',
        'nchw',
      ]),
    )
    .addOption(
      new Option(
        '--fit <how>',
        'how to fit pictures to the model’s input: cover crops, contain adds bars, fill stretches, digit finds a handwritten digit (default: as the model says)',
      ).choices([...FITS]),
    )
    .option(
      '--central-fraction <share>',
      'the share of the picture that is used, around its centre: 0.875',
      numeric((value) => value > 0 && value <= 1, 'over 0 and at most 1'),
    )
    .addOption(new Option('--resize-method <how>', 'how pictures are resized').choices([...RESIZE_METHODS]));
}
