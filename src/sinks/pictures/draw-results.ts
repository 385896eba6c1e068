import { Observable, type OperatorFunction } from 'rxjs';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { PictureResult } from '../../flow/operators/with-picture.ts';
import { emit } from '../../frames/emit.ts';
import type { Frame } from '../../frames/frame.ts';
import { OrderedWork } from '../../frames/ordered-work.ts';
import { opaqueData, type Pixels } from '../../stage/pixels.ts';
import type { Task } from '../../tasks/task.ts';
import { loadOverlay, type DrawOverlay } from '../annotate/draw-overlay.ts';

/**
 * Draws each result on its picture (Node), as its task draws it: Frame of `PictureResult`, from `withPicture`, → Frame of Pixels
 * `[1, h, w, 3]`. The picture of the source stays as it is.
 *
 * It needs `@napi-rs/canvas`, an optional peer dependency. Throws `OptionError` for what is no task. The stream fails with a `SluiceError`
 * (`output`) if the package or a font is missing.
 *
 * @see {@link videoOut}, {@link "sluice".withPicture | withPicture}, {@link "sluice".overlay | overlay}
 *
 * @example
 * const model = await mobilenetV1();
 * images(['photo.jpg'])
 *   .pipe(withPicture(infer(model, { top: 1 })), drawResults(model.task), imagesOut('labelled'))
 *   .subscribe(({ path }) => console.log(path)); // labelled/photo-000000.png
 */
export function drawResults<T extends object>(
  task: Pick<Task<T>, 'overlay'>,
): OperatorFunction<Frame<PictureResult<T>>, Frame<Pixels>> {
  const given: unknown = task;
  if (typeof given !== 'object' || given === null || !('overlay' in given)) {
    throw new OptionError(`drawResults takes a task, such as model.task, not ${describeValue(given)}`);
  }
  return (upstream) => {
    const drawn = new Observable<Frame<Pixels>>((subscriber) => {
      let loading: Promise<DrawOverlay> | undefined;
      const draw = async ({ data: { pixels, result } }: Frame<PictureResult<T>>): Promise<Pixels> => {
        const overlay = await (loading ??= loadOverlay());
        const { resized: _, ...picture } = pixels;
        const copy: Pixels = { ...picture, channels: 3, data: Uint8Array.from(opaqueData(pixels)) };
        overlay(copy, task.overlay(result, copy));
        return copy;
      };
      const queue = new OrderedWork<PictureResult<T>, Pixels>(
        {
          name: 'drawResults',
          concurrency: 1,
          work: draw,
          ends: ({ code }) => code === 'output',
          give: (frame, pixels) => emit(frame.derive(pixels), subscriber),
        },
        subscriber,
      );
      subscriber.add(() => queue.stop());
      queue.start(upstream);
    });
    return Object.assign(drawn, { upstream });
  };
}
