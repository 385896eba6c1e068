import {
  inOrder,
  OptionError,
  detection,
  sampleFrames,
  maskOf,
  withPicture,
  type Detection,
  type Frame,
  type FrameLabel,
  type Pixels,
  type Segmentation,
  type Task,
} from 'sluice';
import { drawResults } from 'sluice/node';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { closedAccount, run } from '../../support/balance.ts';
import { box, detected, pictures } from '../../support/picture-frames.ts';
import { region } from '../../support/regions.ts';

const finds = (seq: number) => (seq === 0 ? [] : [box(2, 1, 4, 4)]);
const results = withPicture<FrameLabel & Detection>(
  inOrder(1, async ({ label }: Frame<Pixels>) => detected(label, ...finds(label.seq))),
);
const look = map(({ data, label }: Frame<Pixels>) => ({
  seq: label.seq,
  size: [data.width, data.height, data.channels],
  blues: new Set(data.data.filter((_, i) => i % 3 === 2)).size,
}));

describe('drawResults', () => {
  it('draws each result on a copy of its picture', async () => {
    const source = pictures(2);
    const given: Pixels[] = [];
    const kept = map((frame: Frame<{ pixels: Pixels; result: FrameLabel & Detection }>) => {
      given.push(frame.data.pixels);
      return frame;
    });
    const { values } = await run(source.pipe(results, kept, drawResults(detection()), look));
    // All blues of a picture are the same; the box brings other ones.
    expect(values.map(({ seq, size, blues }) => [seq, size, blues > 1])).toEqual([
      [0, [8, 6, 3], false],
      [1, [8, 6, 3], true],
    ]);
    expect(new Set(given[1]?.data.filter((_, i) => i % 3 === 2))).toEqual(new Set([1]));
    closedAccount(source);
  });

  it('draws each result as if it was the only one', async () => {
    // Of each frame another row, in black unless a colour is left; the drawing of the second one breaks off.
    let drawn = 0;
    const task: Pick<Task<Detection>, 'overlay'> = {
      overlay: (_, { width, height }) => ({
        ...{ x: 0, y: 0, width, height },
        paint(context) {
          context.fillRect(0, drawn, width, 1);
          context.fillStyle = 'red';
          if (drawn++ === 1) throw new Error('half painted');
        },
      }),
    };
    const rows = map(({ data }: Frame<Pixels>) =>
      Array.from({ length: data.height }, (_, y) => data.data[3 * (y * data.width + 1)]),
    );
    const { values } = await run(pictures(3, { onError: 'skip' }).pipe(results, drawResults(task), rows));
    expect(values).toEqual([
      [0, 1, 1, 1, 1, 1],
      [1, 1, 0, 1, 1, 1],
    ]);
  });

  it('a mask is drawn on its own frame where others are dropped, and one of a dropped frame is an error', async () => {
    const size = { width: 8, height: 6 };
    // Its pixels alone: in so small a picture, the label would cover all.
    const task: Pick<Task<Segmentation>, 'overlay'> = {
      overlay: (result) => ({
        ...{ x: 0, y: 0, ...size },
        paint(context) {
          context.fillStyle = 'white';
          context.fillRect(maskOf(result, 'cat').indexOf(255) % size.width, 5, 1, 1);
        },
      }),
    };
    const column = (seq: number) => region(0, 'cat', [[seq, 5]], size);
    const masked = (label: FrameLabel, seq = label.seq): FrameLabel & Segmentation => ({
      ...{ ...label, seq, form: 'classes', regions: [column(seq)], unseen: 0, picture: size },
    });
    const dropping = (seq: (label: FrameLabel) => number) => {
      const model = inOrder(1, async ({ label }: Frame<Pixels>) => masked(label, seq(label)));
      const source = pictures(6);
      return {
        source,
        drawn: source.pipe(sampleFrames({ n: 2 }), withPicture(model), drawResults(task)),
      };
    };
    // Of the last row, the columns that are not as the source has them.
    const tinted = map(({ data, label }: Frame<Pixels>) => [
      label.seq,
      ...Array.from({ length: 8 }, (_, x) => x).filter((x) => data.data[3 * (5 * 8 + x)] !== x),
    ]);
    const { source, drawn } = dropping(({ seq }) => seq);
    const { values } = await run(drawn.pipe(tinted));
    expect(values).toEqual([
      [0, 0],
      [2, 2],
      [4, 4],
    ]);
    closedAccount(source);
    const late = await run(dropping(({ seq }) => seq + 1).drawn.pipe(tinted));
    expect([late.values, String(late.error)]).toEqual([
      [],
      expect.stringContaining('a result came after its frame was released') as string,
    ]);
  });

  it('a result that can’t be drawn fails its frame', async () => {
    const source = pictures(3, { onError: 'skip' });
    const odd = withPicture(
      inOrder(1, async ({ label }: Frame<Pixels>) => ({ ...label, boxes: 7 as never, picture: 8 as never })),
    );
    const { values, completed } = await run(source.pipe(odd, drawResults(detection())));
    expect([values, completed]).toEqual([[], true]);
    expect(closedAccount(source)).toMatchObject({ failed: 3 });
  });

  it.each([[undefined], ['detection'], [{}]])('%j is no task', (task) => {
    expect(() => drawResults(task as never)).toThrow(OptionError);
    expect(() => drawResults(task as never)).toThrow('drawResults takes a task, such as model.task, not');
  });
});
