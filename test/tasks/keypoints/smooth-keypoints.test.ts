import { assert, array, double, integer, property, record } from 'fast-check';
import { from, lastValueFrom, Subject, toArray } from 'rxjs';
import {
  OptionError,
  smoothKeypoints,
  StageError,
  type FrameResult,
  type Keypoints,
  type Pose,
  type SmoothKeypointsOptions,
} from 'sluice';
import { describe, expect, it, test } from 'vitest';
import { matchPoses } from '../../../src/tasks/keypoints/smoothing/match-poses.ts';
import { randomFrom } from '../../support/random.ts';

const PICTURE = { width: 640, height: 360 };
type Place = readonly [x: number, y: number];

/** A pose whose points are named a, b, c … */
const pose = (places: readonly Place[], more: Partial<Pose> = {}): Pose => ({
  score: 0.9,
  points: places.map(([x, y], i) => ({ name: 'abcdefgh'.charAt(i), x, y, score: 0.8 })),
  ...more,
});
/** Time in ms. */
const result = (ms: number, poses: readonly Pose[], source = 'clip', picture = PICTURE): FrameResult<Keypoints> => ({
  ...{ source, seq: 0, timestamp: ms * 1000, timings: [], latencyMs: 1 },
  ...{ poses, picture },
});
const smoothed = (results: readonly FrameResult<Keypoints>[], options?: SmoothKeypointsOptions) =>
  lastValueFrom(from(results).pipe(smoothKeypoints(options), toArray()));
/** The x of the first point of each frame. */
const xs = (results: readonly FrameResult<Keypoints>[], index = 0) =>
  results.map(({ poses }) => poses[index]?.points[0]?.x ?? NaN);
/** One point that moves along x, at 25 frames in a second. */
const moving = (values: readonly number[], source = 'clip') =>
  values.map((x, i) => result(i * 40, [pose([[x, 100]])], source));

/** The filter as the paper writes it, for one number at times in seconds. */
function reference(
  samples: readonly { readonly at: number; readonly x: number }[],
  { minCutoff = 1, beta = 10, dCutoff = 1 }: SmoothKeypointsOptions,
  unit: number,
): number[] {
  const alpha = (cutoff: number, rate: number) => {
    const tau = 1 / (2 * Math.PI * cutoff);
    const te = 1 / rate;
    return 1 / (1 + tau / te);
  };
  let [xHat, dxHat, last] = [NaN, 0, NaN];
  return samples.map(({ at, x }, i) => {
    if (i === 0) xHat = x;
    else {
      const rate = 1 / (at - last);
      const dx = (x - xHat) * rate;
      dxHat = alpha(dCutoff, rate) * dx + (1 - alpha(dCutoff, rate)) * dxHat;
      const cutoff = minCutoff + beta * Math.abs(dxHat / unit);
      xHat = alpha(cutoff, rate) * x + (1 - alpha(cutoff, rate)) * xHat;
    }
    last = at;
    return xHat;
  });
}

const deviation = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};
/** Noise of a normal distribution. */
const noise = (count: number, size: number) => {
  const random = randomFrom(7);
  return Array.from({ length: count }, () => {
    const [u, v] = [1 - random(), random()];
    return size * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });
};

describe('the One Euro filter', () => {
  it('is that of the paper, at any times and with any settings', async () => {
    const cases = record({
      steps: array(record({ ms: integer({ min: 1, max: 500 }), x: double({ min: -50, max: 700, noNaN: true }) }), {
        minLength: 2,
        maxLength: 30,
      }),
      minCutoff: double({ min: 0.01, max: 50, noNaN: true }),
      beta: double({ min: 0, max: 100, noNaN: true }),
      dCutoff: double({ min: 0.01, max: 50, noNaN: true }),
    });
    const holds = property(cases, ({ steps, ...options }) => {
      let ms = 0;
      const samples = steps.map(({ ms: step, x }) => ({ at: (ms += step) / 1000, x }));
      const expected = reference(samples, options, PICTURE.height);
      const values: number[] = [];
      from(samples.map(({ at, x }) => result(at * 1000, [pose([[x, 2 * x]])])))
        .pipe(smoothKeypoints(options))
        .subscribe((one) => values.push(...xs([one])));
      expect(values).toHaveLength(expected.length);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
    });
    assert(holds, { numRuns: 200 });
  });

  it('goes this way by hand', async () => {
    // α(1 Hz) at 25 frames/s is 0.2009; the speed is 0.2009 · 100 px/s, of 360 px; α(1.558 Hz) is 0.2814.
    const [first, second] = xs(await smoothed(moving([200, 204])));
    expect(first).toBe(200);
    expect(second).toBeCloseTo(200 + 4 * 0.2814, 3);
    const [, plain] = xs(await smoothed(moving([200, 204]), { beta: 0 }));
    expect(plain).toBeCloseTo(200 + 4 * 0.2009, 3);
  });

  it('takes jitter away from a point that stands still', async () => {
    const jittery = noise(500, 2).map((value) => 300 + value);
    const steady = xs(await smoothed(moving(jittery))).slice(100);
    expect(deviation(steady)).toBeLessThan(deviation(jittery) / 2);
    const steadier = xs(await smoothed(moving(jittery), { minCutoff: 0.3, beta: 1 })).slice(100);
    expect(deviation(steadier)).toBeLessThan(deviation(jittery) / 3);
  });

  it.each([
    [0.1, 10],
    [1, 10],
    [3, 10],
    [1, 30],
  ])('lags behind a steady speed of %d heights a second by no more than its bound (beta %d)', async (speed, beta) => {
    const path = Array.from({ length: 100 }, (_, i) => i * 0.04 * speed * PICTURE.height);
    const lags = xs(await smoothed(moving(path), { beta })).map((x, i) => (path[i] as number) - x);
    const bound = PICTURE.height / (2 * Math.PI * beta);
    expect(lags.at(-1)).toBeGreaterThan(0);
    expect(lags.at(-1)).toBeLessThanOrEqual(bound);
    // Without beta it lags by the speed over 2π.
    const plain = xs(await smoothed(moving(path), { beta: 0 })).at(-1) as number;
    expect((path.at(-1) as number) - plain).toBeCloseTo((speed * PICTURE.height) / (2 * Math.PI), 1);
  });

  it('is the same for pictures of every size', async () => {
    const values = noise(50, 20).map((value) => 300 + value);
    const small = xs(await smoothed(moving(values)));
    const large = values.map((x, i) => result(i * 40, [pose([[4 * x, 400]])], 'clip', { width: 2560, height: 1440 }));
    for (const [i, x] of xs(await smoothed(large)).entries()) expect(x).toBeCloseTo(4 * (small[i] as number), 6);
  });

  it('counts time, not frames: a dropped frame leaves nothing to catch up with', async () => {
    const path = Array.from({ length: 60 }, (_, i) => result(i * 40, [pose([[100, 100]])]));
    const jump = [...path, ...Array.from({ length: 12 }, (_, i) => result(2400 + i * 40, [pose([[110, 100]])]))];
    const all = xs(await smoothed(jump, { beta: 0 })).at(-1) as number;
    const half = xs(
      await smoothed(
        jump.filter((_, i) => i < 60 || i % 2 === 1),
        { beta: 0 },
      ),
    ).at(-1) as number;
    expect(Math.abs(all - half)).toBeLessThan(0.3);
  });

  it('leaves scores, boxes and all else as they are', async () => {
    const more = { box: { x: 1, y: 2, width: 3, height: 4 }, trackId: 3 };
    const [, second] = await smoothed([result(0, [pose([[1, 1]], more)]), result(40, [pose([[9, 9]], more)])]);
    expect(second).toMatchObject({ latencyMs: 1, picture: PICTURE, poses: [{ score: 0.9, ...more }] });
    expect(second?.poses[0]?.points[0]).toMatchObject({ name: 'a', score: 0.8 });
    expect(second?.poses[0]?.points[0]?.x).toBeLessThan(9);
  });
});

describe('a point', () => {
  it('that is missing for a while goes on; after a gap it begins anew', async () => {
    const frames = (gap: number) => [
      result(0, [
        pose([
          [100, 0],
          [200, 0],
        ]),
      ]),
      ...Array.from({ length: Math.floor(gap / 100) - 1 }, (_, i) => result(100 * (i + 1), [pose([[100, 0]])])),
      result(gap, [
        pose([
          [100, 0],
          [210, 0],
        ]),
      ]),
    ];
    const last = async (gap: number) => (await smoothed(frames(gap))).at(-1)?.poses[0]?.points[1]?.x;
    expect(await last(400)).toBeLessThan(210);
    expect(await last(400)).toBeGreaterThan(200);
    expect(await last(600)).toBe(210);
  });
});

describe('a pose', () => {
  it('begins anew after a gap, and when time goes back', async () => {
    const at = (ms: number, x: number) => result(ms, [pose([[x, 0]])]);
    expect(xs(await smoothed([at(0, 100), at(501, 110)]))).toEqual([100, 110]);
    expect(xs(await smoothed([at(0, 100), at(499, 110)]))[1]).toBeLessThan(110);
    expect(xs(await smoothed([at(0, 100), at(499, 110)], { maxGap: 100 }))).toEqual([100, 110]);
    expect(xs(await smoothed([at(90, 100), at(50, 110)]))).toEqual([100, 110]);
    expect(xs(await smoothed([at(90, 100), at(90, 110)]))).toEqual([100, 110]);
  });

  it('of each source is its own, however their frames are mixed', async () => {
    const [a, b] = [moving([100, 110, 120, 130], 'a'), moving([500, 490, 480, 470], 'b')];
    const mixed = await smoothed(a.flatMap((one, i) => [one, b[i] as (typeof b)[number]]));
    const alone = [await smoothed(a), await smoothed(b)];
    expect(mixed.filter(({ source }) => source === 'a')).toEqual(alone[0]);
    expect(mixed.filter(({ source }) => source === 'b')).toEqual(alone[1]);
  });

  it('of each subscription is its own', () => {
    const frames = new Subject<FrameResult<Keypoints>>();
    const operator = frames.pipe(smoothKeypoints());
    const [first, second]: [number[], number[]] = [[], []];
    operator.subscribe((one) => first.push(...xs([one])));
    frames.next(result(0, [pose([[100, 0]])]));
    operator.subscribe((one) => second.push(...xs([one])));
    frames.next(result(40, [pose([[110, 0]])]));
    expect(first[1]).toBeLessThan(110);
    expect(second).toEqual([110]);
  });

  it('may change its place among others', async () => {
    const box = (x: number) => ({ box: { x, y: 0, width: 100, height: 100 } });
    const left = (x: number) =>
      pose(
        [
          [x, 0],
          [x + 90, 90],
        ],
        box(x),
      );
    const frames = [result(0, [left(0), left(400)]), result(40, [left(410), left(10)])];
    const [, second] = await smoothed(frames);
    expect(second?.poses[0]?.points[0]?.x).toBeGreaterThan(400);
    expect(second?.poses[0]?.points[0]?.x).toBeLessThan(410);
    expect(second?.poses[1]?.points[0]?.x).toBeLessThan(10);
  });

  it('is known by its trackId, wherever it is', async () => {
    const frames = [
      result(0, [pose([[0, 0]], { trackId: 1 }), pose([[100, 0]], { trackId: 2 })]),
      result(40, [pose([[100, 0]], { trackId: 1 }), pose([[0, 0]], { trackId: 3 })]),
    ];
    const [, second] = await smoothed(frames);
    expect(second?.poses[0]?.points[0]?.x).toBeLessThan(100);
    expect(second?.poses[1]?.points[0]?.x).toBe(0);
  });

  it('that was not seen for a frame goes on', async () => {
    const results = await smoothed([result(0, [pose([[100, 0]])]), result(40, []), result(80, [pose([[110, 0]])])]);
    expect(results[1]?.poses).toEqual([]);
    expect(xs(results)[2]).toBeLessThan(110);
  });
});

describe('the matching of poses', () => {
  const box = (x: number) => ({ box: { x, y: 0, width: 100, height: 100 } });
  const at = (x: number, more: Partial<Pose> = {}) =>
    pose(
      [
        [x, 0],
        [x + 100, 100],
      ],
      { ...box(x), ...more },
    );

  it('takes the least sum of distances, not the first that fits', () => {
    // The first would take the one in the middle, which the second needs.
    expect(matchPoses([at(30), at(60)], [at(0), at(40)])).toEqual([0, 1]);
    expect(matchPoses([at(60), at(30)], [at(0), at(40)])).toEqual([1, 0]);
  });
  it('matches none that is too far away, nor of other points', () => {
    expect(matchPoses([at(0)], [at(500)])).toEqual([-1]);
    expect(matchPoses([pose([[0, 0]]), pose([[5, 0]])], [pose([]), pose([])])).toEqual([-1, -1]);
    expect(matchPoses([pose([[3, 0]]), pose([[5, 0]])], [pose([[5, 0]])])).toEqual([-1, 0]);
  });
  it('matches the one pose of a model that gives one, wherever it is', () => {
    expect(matchPoses([pose([[0, 0]])], [pose([[600, 0]])])).toEqual([0]);
    expect(matchPoses([pose([])], [pose([[600, 0]])])).toEqual([0]);
  });
  it('keeps tracks and poses without one apart', () => {
    expect(matchPoses([at(0, { trackId: 1 })], [at(0)])).toEqual([-1]);
    expect(matchPoses([at(0)], [at(0, { trackId: 1 })])).toEqual([-1]);
    expect(matchPoses([at(0), at(50, { trackId: 2 })], [at(0, { trackId: 2 }), at(5)])).toEqual([1, 0]);
  });
  it('has nothing to do without poses', () => {
    expect(matchPoses([], [at(0)])).toEqual([]);
    expect(matchPoses([at(0)], [])).toEqual([-1]);
  });
});

describe('what is refused', () => {
  it.each<[SmoothKeypointsOptions, string]>([
    [{ minCutoff: 0 }, 'minCutoff must be a number over 0, not 0'],
    [{ dCutoff: -1 }, 'dCutoff must be a number over 0, not -1'],
    [{ maxGap: Infinity }, 'maxGap must be a number over 0, not Infinity'],
    [{ beta: -0.1 }, 'beta must be a number of at least 0, not -0.1'],
    [{ beta: NaN }, 'beta must be a number of at least 0, not NaN'],
    [{ minCutoff: '1' as never }, 'minCutoff must be a number over 0, not "1"'],
    [{ derivateCutoff: 1 } as never, 'has no option "derivateCutoff"'],
  ])('%j', (options, message) => {
    expect(() => smoothKeypoints(options)).toThrow(OptionError);
    expect(() => smoothKeypoints(options)).toThrow(message);
  });

  it.each<[string, object, string]>([
    ['a result without poses', { poses: undefined }, 'it needs the poses of keypoints(), but its result has undefined'],
    ['a point at NaN', { poses: [pose([[NaN, 0]])] }, 'a of pose 0 is at NaN, 0, which is no place'],
    ['a point at infinity', { poses: [pose([[0, Infinity]])] }, 'a of pose 0 is at 0, Infinity'],
    [
      'a picture without a height',
      { picture: { width: 1, height: 0 } },
      'its picture must have a height over 0, not 0',
    ],
    ['a time that is none', { timestamp: NaN }, 'its timestamp must be a finite number, not NaN'],
  ])('%s', async (_, more, message) => {
    const error = await smoothed([{ ...result(0, []), ...more }]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain('smoothKeypoints');
    expect(String(error)).toContain(message);
  });
});

test('many sources leave little behind', async () => {
  const one = smoothed(Array.from({ length: 5000 }, (_, i) => result(0, [pose([[i, 0]])], `photo ${i}`)));
  expect(xs(await one)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
});
