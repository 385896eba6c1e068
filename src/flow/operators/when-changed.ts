import { Observable, type MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { Frame } from '../../frames/frame.ts';
import { subscribeWithin } from '../../frames/subscribe-within.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { checkThreshold, STILL_THRESHOLD } from './still-threshold.ts';
import { comparedBy, StillWatch } from './still-watch.ts';

/** Options of {@link whenChanged}. */
export interface WhenChangedOptions {
  /** How much the picture may differ and still count as the same, in levels of luma, 0–255. Default 8. */
  readonly threshold?: number;
}

const NAMES: OptionNames<WhenChangedOptions> = { threshold: true };

/**
 * Passes the frames whose picture differs from the last one that passed: Frame of Pixels `[1, h, w, 3 | 4]` → the same frame. The others
 * count as `discarded`. For cameras that do not move.
 *
 * It compares thumbnails: the luma (ITU-R BT.601, 0–255) of the picture, as area averages of 32 × 32 cells. The picture has changed if
 * one of the cells differs by more than `threshold`, so a small object that moves is enough, and so is a slow change that adds up. A
 * picture of another size has changed, too. Each source is compared with itself only, and begins anew when its timestamps go back; of the
 * 1,000 sources seen last the pictures are kept.
 *
 * A frame that is no picture fails with a `ShapeError`. Throws `OptionError` unless `threshold` is a number from 0 to 255.
 *
 * @see {@link sampleFrames}, {@link infer}
 *
 * @example
 * const model = await mobilenetV1();
 * const video = videoFile('clip.mp4', { resize: model.preprocess, end: 0.5 });
 * video.pipe(whenChanged(), infer(model, { top: 1 })).subscribe(({ seq, classes }) => console.log(seq, classes[0]?.label));
 */
export function whenChanged(options: WhenChangedOptions = {}): MonoTypeOperatorFunction<Frame<Pixels>> {
  checkOptions('whenChanged', options, NAMES);
  const { threshold = STILL_THRESHOLD } = options;
  checkThreshold('whenChanged: threshold', threshold);
  return (upstream) => {
    const changed = new Observable<Frame<Pixels>>((subscriber) => {
      const watch = new StillWatch(threshold);
      subscribeWithin(upstream, subscriber, {
        next(frame) {
          const compared = comparedBy('whenChanged', watch, frame, subscriber);
          if (compared?.isStill === false) subscriber.next(frame);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
    return Object.assign(changed, { upstream });
  };
}
