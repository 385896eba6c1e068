import { filter, map, mergeMap, pipe, switchMap, take, timer, type Observable, type OperatorFunction } from 'rxjs';
import {
  crops,
  inOrder,
  OptionError,
  resize,
  StageError,
  useEngine,
  withPicture,
  type DetectedBox,
  type Frame,
  type FrameLabel,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run, watch } from '../../support/balance.ts';
import { box, detected, pictures } from '../../support/picture-frames.ts';

beforeAll(() => useEngine('cpu'));

/** A "detector" that finds these boxes in the picture of each number. */
const finds = (boxes: (seq: number) => readonly DetectedBox[]) =>
  withPicture(inOrder(2, async ({ label }: Frame<Pixels>) => detected(label, ...boxes(label.seq))));

type Corner = FrameLabel & { readonly corner: readonly number[]; readonly size: readonly number[] };

/** A "classifier" that tells the first pixel and the size of a picture, and fails on some sizes. */
const corner = (failsAt = -1): OperatorFunction<Frame<Pixels>, Corner> =>
  inOrder(2, async ({ label, data: { data, width, height } }) => {
    await Promise.resolve();
    if (width === failsAt) throw new Error('too wide');
    return { ...label, corner: [...data.subarray(0, 3)], size: [width, height] };
  });

describe('crops', () => {
  it('gives each box what was found in it, in the order of frames and boxes', async () => {
    const source = pictures(3);
    const boxes = (seq: number) => [box(1, 2, 3, 2), box(0, 0, 8, 6), box(5.5, 4.2, 1, 1)].slice(0, 3 - seq);
    const { values, completed } = await run(source.pipe(finds(boxes), crops(corner())));
    expect(
      values.map(({ seq, boxes: found }) => [
        seq,
        found.map(({ crop }) => [crop?.crop?.[0], crop?.corner, crop?.size]),
      ]),
    ).toEqual([
      [
        0,
        [
          [0, [1, 2, 0], [3, 2]],
          [1, [0, 0, 0], [8, 6]],
          [2, [5, 4, 0], [2, 2]],
        ],
      ],
      [
        1,
        [
          [0, [1, 2, 1], [3, 2]],
          [1, [0, 0, 1], [8, 6]],
        ],
      ],
      [2, [[0, [1, 2, 2], [3, 2]]]],
    ]);
    expect([values[0]?.boxes[0]?.label, values[0]?.picture, completed]).toEqual([
      'thing',
      { width: 8, height: 6 },
      true,
    ]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
  });

  it('a frame without boxes is given as it is, and waits for its turn', async () => {
    const source = pictures(5, { maxInFlight: 3 });
    const { values } = await run(
      source.pipe(
        finds((seq) => (seq % 2 === 0 ? [box(0, 0, 2, 2)] : [])),
        crops(corner()),
      ),
    );
    expect(values.map(({ seq, boxes }) => [seq, boxes.length])).toEqual([
      [0, 1],
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 1],
    ]);
    closedAccount(source);
  });

  it('a margin widens a box, within the picture; what the picture does not show has no result', async () => {
    const boxes = () => [box(2, 2, 2, 2), box(0, 0, 4, 2), box(20, 20, 5, 5)];
    const { values } = await run(pictures(1).pipe(finds(boxes), crops(corner(), { margin: 0.5 })));
    const found = values[0]?.boxes.map(({ crop }) => crop && [crop.corner.slice(0, 2), crop.size]);
    expect(found).toEqual([
      [
        [1, 1],
        [4, 4],
      ],
      [
        [0, 0],
        [6, 3],
      ],
      undefined,
    ]);
  });

  it('boxes are in the source picture, though its picture came at another size', async () => {
    // The middle 6×6 pixels at half their size: (1, 0) to (7, 6) of the source picture.
    const small = resize({ width: 3, height: 3, fit: 'cover', resizeMethod: 'nearest' });
    const { values } = await run(
      pictures(1).pipe(
        small,
        finds(() => [box(3, 2, 2, 4)]),
        crops(corner()),
      ),
    );
    const crop = values[0]?.boxes[0]?.crop;
    expect(crop?.size).toEqual([1, 2]);
    // Of the pixels (3, 2) and (4, 3), one.
    expect([3, 4]).toContain(crop?.corner[0]);
    expect([2, 3]).toContain(crop?.corner[1]);
  });

  it('boxes of boxes are in the source picture, too', async () => {
    const inner = withPicture(inOrder(1, async ({ label }: Frame<Pixels>) => label));
    const through = pipe(
      inner,
      map(({ data: { pixels, result } }) => ({ ...result, at: [pixels.view?.left, pixels.view?.top] })),
    );
    const { values } = await run(
      pictures(2).pipe(
        finds(() => [box(2, 1, 4, 4), box(3, 3, 2, 2)]),
        crops(through),
      ),
    );
    expect(values.map(({ boxes }) => boxes.map(({ crop }) => crop?.at))).toEqual([
      [
        [2, 1],
        [3, 3],
      ],
      [
        [2, 1],
        [3, 3],
      ],
    ]);
  });

  it('boxes of boxes each have their own results', async () => {
    // In the first box one more is found, in the second one two.
    const inside = withPicture(
      inOrder(2, async ({ label, data: { view } }: Frame<Pixels>) => {
        const [x, y] = [view?.left ?? NaN, view?.top ?? NaN];
        return detected(label, ...[box(x, y, 1, 1), box(x + 1, y + 1, 1, 1)].slice(0, (label.crop?.[0] ?? 0) + 1));
      }),
    );
    const source = pictures(3, { maxInFlight: 1 });
    const outer = finds((seq) => [box(1, 1, 3, 3), box(4, 2, 3, 3)].slice(0, seq === 1 ? 0 : 2));
    const { values, completed } = await run(source.pipe(outer, crops(pipe(inside, crops(corner())))));
    const seen = values.map(({ boxes }) =>
      boxes.map(({ crop }) => crop?.boxes.map(({ crop: own }) => [own?.crop?.join(' '), ...(own?.corner ?? [])])),
    );
    const of = (number: number) => [
      [['0 0', 1, 1, number]],
      [
        ['1 0', 4, 2, number],
        ['1 1', 5, 3, number],
      ],
    ];
    expect([seen, completed]).toEqual([[of(0), [], of(2)], true]);
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 3, discarded: 0, failed: 0 });
  });

  it('several detections of a frame come one after the other', async () => {
    const twice = withPicture(
      pipe(
        inOrder(2, async ({ label }: Frame<Pixels>) => detected(label, box(1, 1, 2, 2), box(0, 0, 1, 1))),
        mergeMap((result) => [result, { ...result, boxes: [box(3, 3, 1, 1)] }, { ...result, boxes: [] }]),
      ),
    );
    const source = pictures(2, { maxInFlight: 1 });
    const { values } = await run(source.pipe(twice, crops(corner())));
    expect(values.map(({ boxes }) => boxes.map(({ crop }) => crop?.corner.join(' ')))).toEqual(
      [0, 1].flatMap((number) => [[`1 1 ${number}`, `0 0 ${number}`], [`3 3 ${number}`], []]),
    );
    closedAccount(source);
  });

  it.each<[string, object, string]>([
    ['no boxes', { boxes: undefined, classes: [] }, 'it needs the boxes of detection()'],
    ['a box with NaN', { boxes: [{ ...box(0, 0, 1, 1), x: NaN }] }, 'has the x NaN, not a finite number'],
  ])('a result with %s fails its frame', async (_, more, said) => {
    const odd = withPicture(inOrder(1, async ({ label }: Frame<Pixels>) => ({ ...detected(label), ...more })));
    const source = pictures(2);
    const { error } = await run(source.pipe(odd as never, crops(corner())));
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(said);
    closedAccount(source);
    const skipping = pictures(2, { onError: 'skip' });
    expect((await run(skipping.pipe(odd as never, crops(corner())))).values).toEqual([]);
    expect(closedAccount(skipping)).toMatchObject({ failed: 2 });
  });

  it('loses no box of an operator that subscribes late, as a run that warms up', async () => {
    const late = (frames: Observable<Frame<Pixels>>) => timer(5).pipe(switchMap(() => frames));
    const source = pictures(2);
    const { values } = await run(
      source.pipe(
        finds(() => [box(0, 0, 1, 1)]),
        crops(pipe(late, corner())),
      ),
    );
    expect(values.map(({ boxes }) => boxes.map(({ crop }) => crop?.corner))).toEqual([[[0, 0, 0]], [[0, 0, 1]]]);
    closedAccount(source);
  });

  it('a box that fails fails its frame; others go on', async () => {
    const source = pictures(4, { onError: 'skip', maxInFlight: 1 });
    const boxes = (seq: number) => [box(0, 0, 2, 2), box(0, 0, seq === 1 ? 5 : 3, 2), box(1, 1, 1, 1)];
    const { values, completed } = await run(source.pipe(finds(boxes), crops(corner(5))));
    expect([values.map(({ seq }) => seq), completed]).toEqual([[0, 2, 3], true]);
    expect(closedAccount(source)).toEqual({ produced: 4, delivered: 3, discarded: 0, failed: 1 });
    const stopping = pictures(4);
    const { error } = await run(stopping.pipe(finds(boxes), crops(corner(5))));
    expect(error).toBeInstanceOf(StageError);
    expect((error as Error).message).toContain('too wide');
    closedAccount(stopping);
  });

  it('boxes that the operator leaves out have no result', async () => {
    const source = pictures(3);
    const through = pipe(
      corner(),
      filter(({ crop }) => crop?.[0] !== 0),
    );
    const { values } = await run(
      source.pipe(
        finds(() => [box(0, 0, 1, 1), box(1, 1, 1, 1)]),
        crops(through),
      ),
    );
    expect(values.map(({ boxes }) => boxes.map(({ crop }) => crop?.corner))).toEqual(
      [0, 1, 2].map((k) => [undefined, [1, 1, k]]),
    );
    closedAccount(source);
  });

  it('a picture of which it is not known what it shows fails its frame', async () => {
    const source = pictures(1, { onError: 'skip' });
    const resized = map((frame: Frame<Pixels>) => frame.derive({ ...frame.data, resized: 'somehow' }));
    const { values } = await run(
      source.pipe(
        resized,
        finds(() => [box(0, 0, 1, 1)]),
        crops(corner()),
      ),
    );
    expect(values).toEqual([]);
  });

  it('unsubscribing gives up all; never more leases than the source gives', async () => {
    await leakFree(async () => {
      const source = pictures(20, { maxInFlight: 2 });
      const { leases } = watch(source);
      const stream = source.pipe(
        finds(() => Array.from({ length: 30 }, () => box(0, 0, 4, 4))),
        crops(corner()),
      );
      const { values } = await run(stream.pipe(take(3)));
      expect([values.length, leases()]).toEqual([3, 2]);
      closedAccount(source);
    });
  });

  it.each<[string, OperatorFunction<Frame<Pixels>, FrameLabel>]>([
    [
      'without a label',
      pipe(
        corner(),
        map(() => null as never),
      ),
    ],
    [
      'without the number of the box',
      pipe(
        corner(),
        map((result) => ({ ...result, crop: undefined as never })),
      ),
    ],
    [
      'of a box that there is not',
      pipe(
        corner(),
        map((result) => ({ ...result, crop: [5] })),
      ),
    ],
  ])('a result %s is one clear error', async (_, through) => {
    const source = pictures(1);
    const { error } = await run(
      source.pipe(
        finds(() => [box(0, 0, 1, 1)]),
        crops(through),
      ),
    );
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain('must give results with the label of their frame (source, seq, crop)');
    closedAccount(source);
  });

  it.each<[string, () => unknown, string]>([
    ['no operator', () => crops({} as never), 'crops takes an operator, such as infer(model), not an object'],
    ['a negative margin', () => crops(corner(), { margin: -1 }), 'margin must be a number from 0 to 10, not -1'],
    ['a margin of text', () => crops(corner(), { margin: '1' as never }), 'margin must be a number from 0 to 10'],
    ['an unknown option', () => crops(corner(), { padding: 1 } as never), 'crops has no option "padding"'],
  ])('%s is refused', (_, call, said) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(said);
  });
});
