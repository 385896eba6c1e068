import type { Detection } from '../../tasks/detection/detected-box.ts';
import { rounded } from '../../tasks/rounded.ts';
import { OptionError } from '../../errors/errors.ts';
import { detectionIn } from './boxes-in.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * Makes a writer of the CSV of MOT Challenge (Dendorfer et al. 2020; https://motchallenge.net/instructions): a line for each box, without
 * a header: frame, track, left, top, width, height, score, −1, −1, −1. Frames are counted from 1, in the order of the results; the track is
 * −1 for boxes without one. A file holds one video.
 *
 * The file fails with an `OptionError` for results of another task, or of a second source.
 *
 * @see {@link track}, {@link cocoWriter}
 *
 * @example
 * const file = motWriter().open();
 * const box = { x: 1, y: 2, width: 30, height: 40, score: 0.9, label: 'person', index: 0, trackId: 7 };
 * console.log(file.write({ source: 'a.mp4', seq: 0, timestamp: 0, boxes: [box], picture: { width: 64, height: 64 } }).trim());
 * // 1,7,1,2,30,40,0.9,-1,-1,-1
 */
export function motWriter(): ResultWriter<string, Detection> {
  return {
    open() {
      let [frame, source]: [number, string | undefined] = [0, undefined];
      return {
        write(result) {
          const { boxes, source: from } = detectionIn('motWriter', result);
          source ??= from;
          if (from !== source) {
            throw new OptionError(`motWriter: a file holds one video, but got results of ${source} and ${from}`);
          }
          frame++;
          return boxes
            .map(({ x, y, width, height, score, trackId = -1 }) => {
              const pixels = [x, y, width, height].map((length) => rounded(length, 2));
              return `${[frame, trackId, ...pixels, rounded(score, 6), -1, -1, -1].join(',')}\n`;
            })
            .join('');
        },
        end: () => '',
      };
    },
  };
}
