import {
  delay,
  filter,
  map,
  merge,
  mergeMap,
  Observable,
  pipe,
  share,
  switchMap,
  take,
  tap,
  timer,
  type OperatorFunction,
} from 'rxjs';
import {
  FrameReleasedError,
  inOrder,
  OptionError,
  ShapeError,
  useEngine,
  withPicture,
  type Frame,
  type FrameLabel,
  type Pixels,
} from 'sluice';
import { inVirtualTime } from 'sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, leakFree, run, watch } from '../../support/balance.ts';
import { frames } from '../../support/frames.ts';
import { numberOf, pictures } from '../../support/picture-frames.ts';

beforeAll(() => useEngine('cpu'));

type Numbered = FrameLabel & { readonly value: number };

/** A "model" that takes a while, reads the number of a picture, and fails on some. */
const numbers = (...fails: number[]): OperatorFunction<Frame<Pixels>, Numbered> =>
  inOrder(2, async (frame) => {
    await Promise.resolve();
    const value = numberOf(frame);
    if (fails.includes(value)) throw new Error(`no ${value}s`);
    return { ...frame.label, value };
  });

const seen = <R extends FrameLabel>() =>
  map(({ data: { pixels, result } }: Frame<{ pixels: Pixels; result: R }>) => [pixels.data[2], result] as const);

describe('withPicture', () => {
  it('gives each result with the picture of its frame', async () => {
    const source = pictures(5);
    const { values, completed } = await run(source.pipe(withPicture(numbers()), seen()));
    expect(values.map(([number, { seq, value }]) => [number, seq, value])).toEqual(
      [0, 1, 2, 3, 4].map((k) => [k, k, k]),
    );
    expect(completed).toBe(true);
    expect(closedAccount(source)).toEqual({ produced: 5, delivered: 5, discarded: 0, failed: 0 });
  });

  it('a frame that fails, or whose result is left out, has none and holds nothing up', async () => {
    const source = pictures(6, { onError: 'skip', maxInFlight: 1 });
    const through = pipe(
      numbers(1, 2),
      filter(({ seq }) => seq !== 4),
    );
    const { values, completed } = await run(source.pipe(withPicture(through), seen()));
    expect([values.map(([number]) => number), completed]).toEqual([[0, 3, 5], true]);
    expect(closedAccount(source)).toEqual({ produced: 6, delivered: 4, discarded: 0, failed: 2 });
  });

  it('several results of a frame each have the picture', async () => {
    const source = pictures(2);
    const twice = pipe(
      numbers(),
      mergeMap((result) => [result, { ...result, value: -1 }]),
    );
    const { values } = await run(source.pipe(withPicture(twice), seen()));
    expect(values.map(([number, { value }]) => [number, value])).toEqual([
      [0, 0],
      [0, -1],
      [1, 1],
      [1, -1],
    ]);
    closedAccount(source);
  });

  it('a frame lives for one turn, and holds its lease while it is kept', async () => {
    const source = pictures(4, { maxInFlight: 2 });
    const { leases } = watch(source);
    const late: Frame<unknown>[] = [];
    const slow = inOrder(1, async ({ data }: Frame<{ pixels: Pixels }>) => {
      await Promise.resolve();
      return data.pixels.data[2];
    });
    const { values } = await run(
      source.pipe(
        withPicture(numbers()),
        tap((frame) => late.push(frame)),
        slow,
      ),
    );
    expect([values, leases()]).toEqual([[0, 1, 2, 3], 2]);
    expect(() => late[0]?.data).toThrow(FrameReleasedError);
    closedAccount(source);
  });

  it('one in another, and two of one stream that is shared', async () => {
    const source = pictures(3);
    const nested = withPicture(
      pipe(
        withPicture(numbers()),
        map(({ data: { result } }) => result),
      ),
    );
    const { values } = await run(source.pipe(nested, seen()));
    expect(values.map(([number, { value }]) => [number, value])).toEqual([0, 1, 2].map((k) => [k, k]));
    const shared = source.pipe(share());
    const [a, b] = await Promise.all([
      run(shared.pipe(withPicture(numbers()), seen())),
      run(
        shared.pipe(
          withPicture(
            pipe(
              numbers(),
              filter(({ seq }) => seq > 0),
            ),
          ),
          seen(),
        ),
      ),
    ]);
    expect([a.values.length, b.values.length]).toEqual([3, 2]);
    expect(closedAccount(source)).toMatchObject({ produced: 6, delivered: 6 });
  });

  it('loses no frame of an operator that subscribes late, as a run that warms up', async () => {
    const late = (frames: Observable<Frame<Pixels>>) => timer(5).pipe(switchMap(() => frames));
    const source = pictures(3);
    const { values } = await run(source.pipe(withPicture(pipe(late, numbers())), seen()));
    expect(values.map(([number]) => number)).toEqual([0, 1, 2]);
    // Two uses of the frames get the same ones.
    const both: OperatorFunction<Frame<Pixels>, Numbered> = (frames) =>
      merge(
        frames.pipe(numbers()),
        frames.pipe(
          numbers(),
          filter(({ seq }) => seq === 1),
        ),
      );
    expect((await run(pictures(3).pipe(withPicture(both), seen()))).values).toHaveLength(4);
    closedAccount(source);
  });

  it('two subscribers have pictures of their own; unsubscribing gives up all', async () => {
    await leakFree(async () => {
      const source = pictures(8);
      const stream = source.pipe(withPicture(numbers()));
      const [a, b] = await Promise.all([run(stream.pipe(take(2), seen())), run(stream.pipe(seen()))]);
      expect([a.values.length, b.values.length]).toEqual([2, 8]);
      closedAccount(source);
    });
  });

  it('works in virtual time, and lets as many pictures in as there are leases', () =>
    inVirtualTime(async (time) => {
      const source = pictures(6, { maxInFlight: 2 });
      const { leases } = watch(source);
      const slow = inOrder(2, async ({ label }: Frame<Pixels>) => {
        await new Promise<void>((resolve) => time.after(10, resolve));
        return label;
      });
      const { values } = await run(source.pipe(withPicture(slow), seen()));
      expect([values.length, leases(), time.now()]).toEqual([6, 2, 30]);
    }));

  it('an error of the operator, or of the source, ends the stream and gives up all', async () => {
    const source = pictures(4);
    const { error, values } = await run(source.pipe(withPicture(numbers(2)), seen()));
    expect([values.length, (error as Error).message]).toEqual([2, expect.stringContaining('no 2s')]);
    closedAccount(source);
    const broken = new Observable<Frame<Pixels>>((subscriber) => subscriber.error(new Error('gone')));
    expect((await run(broken.pipe(withPicture(numbers())))).error).toEqual(new Error('gone'));
  });

  it.each<[string, OperatorFunction<Frame<Pixels>, FrameLabel>, string]>([
    ['a result that comes late', pipe(numbers(), delay(1)), 'a result came after its frame was released'],
    [
      'a result without a label',
      pipe(
        numbers(),
        map(() => null as never),
      ),
      'must give results with the label of their frame',
    ],
    [
      'a label of another frame',
      pipe(
        numbers(),
        map((result) => ({ ...result, seq: 99 })),
      ),
      'a result came after',
    ],
  ])('%s is one clear error', async (_, through, said) => {
    const source = pictures(2);
    const { error } = await run(source.pipe(withPicture(through)));
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain(said);
    await new Promise((resolve) => setTimeout(resolve, 5));
    closedAccount(source);
  });

  it('takes pictures and an operator only', async () => {
    const { error } = await run(frames(1).pipe(withPicture(numbers()) as never));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toContain('withPicture needs pictures, but got');
    expect(() => withPicture('infer' as never)).toThrow(
      'withPicture takes an operator, such as infer(model), not "infer"',
    );
  });
});
