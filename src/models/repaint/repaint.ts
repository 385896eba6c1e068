import { Observable, type OperatorFunction } from 'rxjs';
import { OptionError } from '../../errors/errors.ts';
import { now } from '../../frames/clock.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import type { Trace } from '../../frames/trace.ts';
import { checkPixels, type Pixels } from '../../stage/pixels.ts';
import type { PaintedPicture } from '../../tasks/picture/painted-picture.ts';
import { checkModel } from '../infer.ts';
import type { Model } from '../model.ts';
import { TilePainter } from './paint-tiles.ts';
import { painterOf } from './painter.ts';
import { checkedTile, type RepaintOptions } from './repaint-options.ts';

const NAME = 'repaint';

/**
 * Replaces pictures by what a model with the task `picture` makes of them: Frame of Pixels `[1, h, w, 3 | 4]` → Frame of Pixels
 * `[1, h · factor, w · factor, 3]`, where the factor is that of the model, such as 2 for one that doubles pictures. As any frame, what it
 * emits has the label and the lease of its source frame and lives until `next()` has returned.
 *
 * Pictures of any size are cut into tiles of the size that the network takes. Tiles overlap, and each fades into the next; a picture that
 * is smaller than a tile is continued by its mirror image. One tile is computed at a time. Nothing is resized, so leave out `resize` of the
 * source, but for networks that need the whole picture at once. Transparent pixels are blended with white.
 *
 * Throws `OptionError` for a wrong option, for a model of another task, and for one that can't take tiles of this size, or whose output is not
 * a whole number of times as large or as small. A tile that fails fails its frame.
 * A picture that takes more than a minute needs a longer `leaseTimeout` of its source.
 *
 * @see {@link picture}, {@link withPicture}, {@link infer}
 *
 * @example
 * const twice = pipeline({ name: 'twice', inputShape: [1, 64, 64, 3] }, upsample({ size: 2 }));
 * const model = await modelFrom(twice, { width: 64, height: 64, range: [0, 1] }, { task: picture({ range: [0, 1] }) });
 * const large = images(['photo.jpg']).pipe(repaint(model, { tile: { overlap: 8 } }));
 * large.subscribe(({ data }) => console.log(data.width, data.height)); // 1070 852
 */
export function repaint(
  model: Model<PaintedPicture, object>,
  options: RepaintOptions = {},
): OperatorFunction<Frame<Pixels>, Frame<Pixels>> {
  checkModel(NAME, model);
  if (model.task.kind !== 'picture') {
    throw new OptionError(
      `${NAME} needs a model whose task is picture, but the task of ${model.name} is ${model.task.kind}`,
    );
  }
  const painter = painterOf(model, checkedTile(options, model.preprocess));
  return (upstream) => {
    const painted = new Observable<Frame<Pixels>>((subscriber) => {
      const tiles = new TilePainter(painter);
      const work = new OrderedWork<Pixels, { readonly picture: Pixels; readonly trace: Trace | undefined }>(
        {
          name: NAME,
          // A second frame would only wait for the network, in memory.
          concurrency: 1,
          check: ({ data }) => void checkPixels(data),
          async work({ data, label, trace: before }) {
            const start = now();
            const picture = await tiles.paint(data, label);
            if (before?.closed) return { picture, trace: before };
            const asksDevice = before?.asksDevice === true;
            return {
              picture,
              trace: { stages: [NAME], marks: [start, now()], method: 'synced-wall', before, asksDevice },
            };
          },
          give: (frame, { picture, trace }) => emit(frame.derive(picture, trace, picture.view), subscriber),
        },
        subscriber,
      );
      subscriber.add(() => work.stop());
      tiles.start(subscriber, () => work.start(upstream));
    });
    return Object.assign(painted, { upstream });
  };
}
