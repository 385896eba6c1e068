import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Detection } from '../../tasks/detection/detected-box.ts';
import { rounded } from '../../tasks/rounded.ts';
import { OptionError } from '../../errors/errors.ts';
import { detectionIn } from './boxes-in.ts';
import type { ResultWriter } from './result-writer.ts';

/** Options of {@link yoloWriter}. */
export interface YoloOptions {
  /** Whether each line ends with the score, as predictions have it. Default true; training data have none. */
  readonly scores?: boolean;
}

const NAMES: OptionNames<YoloOptions> = { scores: true };

/**
 * Makes a writer of YOLO's text (https://docs.ultralytics.com/datasets/detect): a line for each box: number of the class, centre x, centre
 * y, width, height, each from 0 to 1 of the picture, and the score. A file holds one picture.
 *
 * The file fails with an `OptionError` for results of another task, or for a second frame. Throws `OptionError`.
 *
 * @see {@link cocoWriter}, {@link motWriter}
 *
 * @example
 * const file = yoloWriter().open();
 * const box = { x: 16, y: 0, width: 32, height: 32, score: 0.9, label: 'dog', index: 17 };
 * console.log(file.write({ source: 'a.jpg', seq: 0, timestamp: 0, boxes: [box], picture: { width: 64, height: 64 } }).trim());
 * // 17 0.5 0.25 0.5 0.5 0.9
 */
export function yoloWriter(options: YoloOptions = {}): ResultWriter<string, Detection> {
  checkOptions('yoloWriter', options, NAMES);
  const { scores = true } = options;
  return {
    open() {
      let isUsed = false;
      return {
        write(result) {
          const { source, boxes, picture } = detectionIn('yoloWriter', result);
          if (isUsed) {
            throw new OptionError(
              `yoloWriter: a file holds one picture, but ${source} has more frames: use coco or mot`,
            );
          }
          isUsed = true;
          return boxes
            .map(({ index, x, y, width, height, score }) => {
              const centre = [(x + width / 2) / picture.width, (y + height / 2) / picture.height];
              const size = [width / picture.width, height / picture.height];
              const numbers = [...centre, ...size, ...(scores ? [score] : [])].map((number) => rounded(number, 6));
              return `${[index, ...numbers].join(' ')}\n`;
            })
            .join('');
        },
        end: () => '',
      };
    },
  };
}
