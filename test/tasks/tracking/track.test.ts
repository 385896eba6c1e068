import { readFileSync } from 'node:fs';
import { concat, from, lastValueFrom, NEVER, of, Subject, take, throwError, toArray } from 'rxjs';
import {
  OptionError,
  StageError,
  track,
  type DetectedBox,
  type Detection,
  type FrameResult,
  type TrackOptions,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/balance.ts';
import { clearMot, framesOf, PICTURE, walker, type Scene } from '../../support/mot.ts';
import { randomFrom, seed } from '../../support/random.ts';

type Result = FrameResult<Detection>;

const box = (x: number, more: Partial<DetectedBox> = {}): DetectedBox => ({
  ...{ x, y: 100, width: 50, height: 120, score: 0.9, label: 'person', index: 0 },
  ...more,
});

function result(ms: number, boxes: readonly DetectedBox[], source = 'clip.mp4'): Result {
  return { source, seq: ms / 40, timestamp: ms * 1000, boxes, picture: PICTURE, timings: [], latencyMs: 1 };
}

function tracked(results: readonly Result[], options: TrackOptions = {}): Promise<Result[]> {
  return lastValueFrom(from(results).pipe(track(options), toArray()));
}

/** The numbers in each frame, in the order of its boxes. */
async function ids(results: readonly Result[], options: TrackOptions = {}) {
  return (await tracked(results, options)).map(({ boxes }) => boxes.map(({ trackId }) => trackId));
}

/** Frames of 40 ms. */
const film = (...frames: readonly DetectedBox[][]) => frames.map((boxes, i) => result(40 * i, boxes));

describe('track', () => {
  it('gives each object its number, and leaves everything else as it was', async () => {
    const frames = film([box(0), box(300, { score: 0.8 })], [box(304, { score: 0.95 }), box(5)], [box(10), box(308)]);
    const results = await tracked(frames);
    expect(results.map(({ boxes }) => boxes.map(({ trackId }) => trackId))).toEqual([
      [1, 2],
      [2, 1],
      [1, 2],
    ]);
    for (const [i, one] of results.entries()) {
      const boxes = one.boxes.map((box) =>
        Object.fromEntries(Object.entries(box).filter(([name]) => name !== 'trackId')),
      );
      expect({ ...one, boxes }).toEqual(frames[i]);
    }
    expect(frames[0]?.boxes[0]).not.toHaveProperty('trackId');
  });

  it('takes a box for a track in its second frame, and at once in the first frame of a source', async () => {
    expect(await ids(film([], [box(0)], [box(1)], [box(2)]))).toEqual([[], [], [1], [1]]);
    expect(await ids(film([box(0)], [box(1), box(300)], [box(2), box(301)]))).toEqual([[1], [1], [1, 2]]);
    // Seen once, and elsewhere in the next frame: nobody's number is used up.
    expect(await ids(film([], [box(0)], [box(300)], [box(600)], [box(601)]))).toEqual([[], [], [], [], [1]]);
  });

  it('emits no box of a lost track, and finds it again', async () => {
    expect(await ids(film([box(0)], [box(4)], [], [], [box(16)]))).toEqual([[1], [1], [], [], [1]]);
  });

  it('expects an object where its speed takes it', async () => {
    const way = (gap: number) => [...Array.from({ length: 20 }, (_, i) => i), 20 + gap];
    // 30 px a frame: after 10 frames it is 300 px further, where nothing of it was before.
    const frames = way(10).map((i) => result(40 * i, [box(30 * i)]));
    expect((await ids(frames)).at(-1)).toEqual([1]);
    const standing = [...frames.slice(0, -1), result(1200, [box(30 * 19)])];
    expect((await ids(standing)).at(-1)).toEqual([]);
  });

  it('finds a lost track again within keepFor, and not after it', async () => {
    const gap = (ms: number) => [result(0, [box(0)]), result(40, []), result(ms, [box(1)]), result(ms + 40, [box(2)])];
    expect(await ids(gap(1000))).toEqual([[1], [], [1], [1]]);
    expect(await ids(gap(1001))).toEqual([[1], [], [], [2]]);
    expect(await ids(gap(1001), { keepFor: 2000 })).toEqual([[1], [], [1], [1]]);
    expect(await ids(gap(80), { keepFor: 0 })).toEqual([[1], [], [], [2]]);
  });

  it('looks for a track of the last frame however long the gap is', async () => {
    expect(await ids([result(0, [box(0)]), result(60_000, [box(3)]), result(120_000, [box(6)])])).toEqual([
      [1],
      [1],
      [1],
    ]);
  });

  it('goes on with boxes of a low score, which begin nothing', async () => {
    const low = { score: 0.2 };
    expect(await ids(film([box(0)], [box(2, low)], [box(4, low), box(300, low)], [box(6)]))).toEqual([
      [1],
      [1],
      [1],
      [1],
    ]);
    expect(await ids(film([box(0)], [box(2, { score: 0.05 })], [box(4)]))).toEqual([[1], [], [1]]);
    // Between highScore and newScore a box goes on with a track, and begins none.
    expect(await ids(film([], [box(0, { score: 0.65 })], [box(2, { score: 0.65 })]))).toEqual([[], [], []]);
    const begins = { highScore: 0.5, newScore: 0.6 };
    expect(await ids(film([], [box(0, { score: 0.65 })], [box(2, { score: 0.65 })]), begins)).toEqual([[], [], [1]]);
  });

  it('finds a lost track by a box of a high score only', async () => {
    expect(await ids(film([box(0)], [], [box(4, { score: 0.3 })], [box(6)]))).toEqual([[1], [], [], [1]]);
  });

  it('gives a box of a high score to a track before one of a low score', async () => {
    const [one] = await tracked(film([box(0)], [box(1, { score: 0.4 }), box(12)])).then((all) => all.slice(1));
    expect(one?.boxes).toMatchObject([{ x: 12, trackId: 1 }]);
  });

  it('matches within one label, unless acrossClasses', async () => {
    const frames = film([box(0)], [box(2, { label: 'dog', index: 1 })], [box(4)]);
    expect(await ids(frames)).toEqual([[1], [], [1]]);
    expect(await ids(frames, { acrossClasses: true })).toEqual([[1], [1], [1]]);
    expect((await tracked(frames, { acrossClasses: true }))[1]?.boxes[0]?.label).toBe('dog');
  });

  it('drops a second track of one object: the one that was followed for less time', async () => {
    // The object jumps, so that its track is lost and a new one begins. Then it comes back to where the old one is expected.
    const back = [35, 30, 25, 20, 15, 10, 6, 3, 1, 0, 0].map((x) => [box(x)]);
    const far = { highIou: 0.5, keepFor: 5000 };
    const all = (await ids(film(...Array.from({ length: 12 }, () => [box(0)]), ...back), far)).slice(12);
    expect(all[1]).toEqual([2]);
    expect(all.at(-1)).toEqual([1]);
    // In the frame in which both are found to be one, neither has a box.
    expect(all.filter((one) => one.length === 0)).toHaveLength(2);
    // Where the new one was followed for longer, it stays.
    const long = [[box(0)], ...Array.from({ length: 12 }, () => [box(35)]), ...back.slice(1)];
    expect((await ids(film(...long), far)).at(-1)).toEqual([2]);
  });

  it('tells apart the objects of several sources, whose numbers differ', async () => {
    const frames = [0, 40, 80].flatMap((ms) => [result(ms, [box(ms / 10)], 'a'), result(ms + 7, [box(ms / 10)], 'b')]);
    expect(await ids(frames)).toEqual([[1], [2], [1], [2], [1], [2]]);
  });

  it('begins anew when the time of a source goes back', async () => {
    expect(
      await ids([result(5000, [box(0)]), result(5040, [box(1)]), result(0, [box(2)]), result(40, [box(3)])]),
    ).toEqual([[1], [1], [2], [2]]);
  });

  it('forgets a source when 1000 others came since', async () => {
    const others = (n: number) => Array.from({ length: n }, (_, i) => result(0, [], `other ${i}`));
    const around = (n: number) => [result(0, [box(0)]), ...others(n), result(40, [box(1)])];
    expect((await ids(around(999))).at(-1)).toEqual([1]);
    // It is new, so that the box counts at once, with another number.
    expect((await ids(around(1000))).at(-1)).toEqual([2]);
  });
});

describe('scenes with a known truth', () => {
  async function measured(scene: Scene, options: TrackOptions = {}) {
    const frames = framesOf(scene);
    const results = await tracked(
      frames.map(({ result }) => result),
      options,
    );
    const numbers = new Set(results.flatMap(({ boxes }) => boxes.map(({ trackId }) => trackId)));
    for (const { boxes } of results) expect(new Set(boxes.map(({ trackId }) => trackId)).size).toBe(boxes.length);
    return { ...clearMot(frames, results), tracks: numbers.size };
  }
  const two = [walker([0, 300], [5, 0]), walker([600, 330], [-5, 0])];

  it('paths that cross', async () => {
    expect(await measured({ things: two, frames: 120, seed })).toMatchObject({ mota: 1, switches: 0, tracks: 2 });
  });

  it('one hides the other one where they cross', async () => {
    const score = (thing: number, frame: number) => (thing === 1 && frame > 54 && frame < 66 ? 0 : 0.9);
    expect(await measured({ things: two, frames: 120, score, seed })).toMatchObject({
      misses: 11,
      switches: 0,
      tracks: 2,
    });
  });

  it('two side by side, of which one falls behind', async () => {
    const things = [walker([0, 300], [6, 0]), walker([70, 300], [5, 0])];
    const { switches, tracks } = await measured({ things, frames: 150, seed });
    expect({ switches, tracks }).toEqual({ switches: 0, tracks: 2 });
  });

  it('an object that is hidden for less than keepFor, and for more', async () => {
    const hidden = (frames: number) => (thing: number, frame: number) =>
      thing === 0 && frame >= 40 && frame < 40 + frames ? 0 : 0.9;
    const things = [walker([0, 300], [5, 0]), walker([0, 30], [4, 1])];
    const scene = (frames: number) => ({ things, frames: 120, score: hidden(frames), seed });
    expect(await measured(scene(25))).toMatchObject({ misses: 25, switches: 0, tracks: 2 });
    // After 40 frames it is another one, which counts in its second frame.
    expect(await measured(scene(40))).toMatchObject({ misses: 41, switches: 1, tracks: 3 });
    expect(await measured(scene(40), { keepFor: 1500 })).toMatchObject({ misses: 40, switches: 0, tracks: 2 });
  });

  it('boxes of a low score keep a track alive: without them it is lost, and begins again', async () => {
    // A thing in the dark for 1.3 s of every 2.7 s.
    const score = (thing: number, frame: number) => (thing === 0 && frame % 80 >= 40 ? 0.3 : 0.9);
    const scene: Scene = { things: [walker([0, 300], [4, 0]), walker([0, 30], [4, 1])], frames: 240, score, seed };
    const [both, high] = [await measured(scene), await measured(scene, { lowScore: 0.6 })];
    expect(both).toMatchObject({ mota: 1, switches: 0, tracks: 2 });
    expect(high).toMatchObject({ switches: 2, tracks: 4 });
    expect(high.mota).toBeLessThan(0.76);
  });

  const crowd = (n: number) => {
    const random = randomFrom(seed);
    const things = Array.from({ length: n }, () =>
      walker(
        [random() * 1200, random() * 600],
        [8 * random() - 4, 4 * random() - 2],
        [30 + 40 * random(), 80 + 80 * random()],
      ),
    );
    const found = things.map(() => Array.from({ length: 200 }, () => (random() < 0.1 ? 0 : 0.9)));
    return { things, frames: 200, score: (thing: number, frame: number) => found[thing]?.[frame] ?? 0, seed };
  };

  it.each<[string, Partial<Scene>]>([
    ['a tenth of the boxes missed, and boxes of nothing', { clutter: 2 }],
    ['a camera that shakes by 12 px', { shake: (i) => ({ x: 6 * Math.sin(0.9 * i), y: 4 * Math.cos(1.3 * i) }) }],
    ['boxes that jitter by 3 px', { noise: 3 }],
    ['60 frames a second', { fps: 60 }],
    ['12 frames a second', { fps: 12 }],
  ])(`20 walkers, %s (FUZZ_SEED=${seed})`, async (_, more) => {
    const scene = { ...crowd(20), ...more };
    const { mota, misses, switches, falsePositives, tracks } = await measured(scene);
    // What the detector misses, a tenth, is missed in the result. Hardly anything else goes wrong.
    expect(mota).toBeGreaterThan(0.88);
    const missed = scene.things.flatMap((_, thing) =>
      Array.from({ length: scene.frames }, (_, frame) => scene.score(thing, frame)).filter((score) => score === 0),
    );
    expect(misses - missed.length).toBeLessThanOrEqual(8);
    expect(switches).toBeLessThanOrEqual(4);
    expect(falsePositives).toBeLessThanOrEqual(4);
    expect(tracks).toBeLessThanOrEqual(24);
  });
});

interface Reference {
  /** The boxes of each frame: x, y, width, height, score. */
  readonly frames: readonly (readonly [number, number, number, number, number])[][];
  /** The number of the track of each box, 0 for none. */
  readonly tracks: readonly (readonly number[])[];
}

describe('another version of ByteTrack, in Python', () => {
  const lines = readFileSync('test/data/tracking/tracks.ndjson', 'utf8').trim().split('\n');
  const scenes = lines.map((line) => JSON.parse(line) as Reference);
  it.each(scenes.map((scene, i) => ({ ...scene, i })))('gives scene $i the same tracks', async ({ frames, tracks }) => {
    const results = frames.map((boxes, i) =>
      result(
        (1000 * i) / 30,
        boxes.map(([x, y, width, height, score]) => box(x, { y, width, height, score })),
      ),
    );
    const [ours, theirs] = [new Map<number, number>(), new Map<number, number>()];
    for (const [i, { boxes }] of (await tracked(results)).entries()) {
      const numbers = results[i]!.boxes.map(
        ({ x, y }) => boxes.find((one) => one.x === x && one.y === y)?.trackId ?? 0,
      );
      expect(numbers.map((number) => number > 0)).toEqual(tracks[i]?.map((number) => number > 0));
      // The numbers differ, because ours begin with the second frame of a track. One of theirs is always the same one of ours.
      for (const [k, number] of numbers.entries()) {
        const other = tracks[i]?.[k] ?? NaN;
        expect([ours.get(other) ?? number, theirs.get(number) ?? other]).toEqual([number, other]);
        ours.set(other, number);
        theirs.set(number, other);
      }
    }
    expect(ours.size).toBeGreaterThan(6);
  });
});

describe('the stream', () => {
  const frames = film([box(0)], [box(1)], [box(2)]);

  it('can be subscribed twice, with numbers of its own', async () => {
    const stream = from(frames).pipe(track());
    const [first, second] = await Promise.all([run(stream), run(stream)]);
    expect(first.values).toEqual(second.values);
    const operator = track<Result>();
    expect((await run(from(frames).pipe(operator))).values).toEqual((await run(from(frames).pipe(operator))).values);
  });

  it('ends, fails and stops as its source does', async () => {
    const broken = await run(
      concat(
        from(frames),
        throwError(() => new Error('camera gone')),
      ).pipe(track()),
    );
    expect(broken.values).toHaveLength(3);
    expect(broken.error).toMatchObject({ message: 'camera gone' });
    const source = new Subject<Result>();
    const seen: Result[] = [];
    const subscription = source.pipe(track()).subscribe((one) => seen.push(one));
    source.next(frames[0]!);
    subscription.unsubscribe();
    source.next(frames[1]!);
    expect(seen).toHaveLength(1);
    expect(source.observed).toBe(false);
    expect((await run(concat(from(frames), NEVER).pipe(track(), take(2)))).values).toHaveLength(2);
    expect(await run(of<Result>().pipe(track()))).toEqual({ values: [], completed: true });
  });

  it.each(['x', 'y', 'width', 'height', 'score'] as const)(
    'fails at a box whose %s is no number, naming the frame',
    async (name) => {
      for (const value of [NaN, Infinity, undefined as never]) {
        const { values, error } = await run(
          from([...frames, result(120, [box(0), box(9, { [name]: value })])]).pipe(track()),
        );
        expect(values).toHaveLength(3);
        expect(error).toBeInstanceOf(StageError);
        expect(error).toMatchObject({ stage: 'track', frame: { source: 'clip.mp4', seq: 3 } });
        expect(String(error)).toMatch(
          `clip.mp4 #3 at 0.120 s: box 1 (person) has the ${name} ${value}, not a finite number`,
        );
      }
    },
  );

  it.each<[string, Partial<Result>, string]>([
    ['a result without boxes', { boxes: undefined as never }, 'needs the boxes of detection()'],
    ['a time that is no number', { timestamp: NaN }, 'its timestamp must be a finite number, not NaN'],
  ])('fails at %s', async (_, more, message) => {
    const { error } = await run(of({ ...result(0, [box(0)]), ...more }).pipe(track()));
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(message);
  });

  it('leaves out boxes without an area', async () => {
    expect(await ids(film([box(0, { width: 0 }), box(300)], [box(0, { height: -3 }), box(301)]))).toEqual([[1], [1]]);
  });

  it('has numbers that differ where boxes are the same', async () => {
    const pile = () => Array.from({ length: 100 }, () => box(10));
    for (const frame of await ids(film(pile(), pile(), pile()))) expect(new Set(frame).size).toBe(frame.length);
  });
});

describe('10,000 boxes in a frame', () => {
  const random = randomFrom(seed);
  const places = Array.from({ length: 10_000 }, () => [1900 * random(), 1000 * random()] as const);
  const frame = (i: number) =>
    result(
      40 * i,
      places.map(([x, y], n) => box(x + i, { y, width: 12, height: 12, score: 0.8 + (n % 1000) / 1e4 })),
    );

  it('are the thousand best ones, or as many as maxTracks says', async () => {
    const [first, second] = await tracked([frame(0), frame(1)]);
    expect(first?.boxes).toHaveLength(1000);
    expect(Math.min(...(first?.boxes ?? []).map(({ score }) => score))).toBeCloseTo(0.89, 9);
    expect(second?.boxes.length).toBeGreaterThan(990);
    const all = await tracked([frame(0), frame(1)], { maxTracks: 10_000 });
    expect(all[1]?.boxes.length).toBeGreaterThan(9900);
  });

  it('in one place come to an end as well', async () => {
    const pile = (i: number) =>
      result(
        40 * i,
        places.map(([x, y]) => box(x / 100 + i, { y: y / 100, width: 200, height: 200 })),
      );
    const [, second] = await tracked([pile(0), pile(1)]);
    expect(new Set(second?.boxes.map(({ trackId }) => trackId)).size).toBe(second?.boxes.length);
  });

  it('leave room for the lost ones seen last', async () => {
    const lost = [result(0, [box(0), box(300)]), result(40, [box(0)]), result(80, []), result(120, [box(0), box(300)])];
    expect((await ids(lost)).at(-1)).toEqual([1, 2]);
    expect((await ids(lost, { maxTracks: 1 })).at(-1)).toEqual([1]);
  });
});

describe('wrong options', () => {
  it.each<[string, TrackOptions, string]>([
    ['a score over 1', { highScore: 60 }, 'track: highScore must be a number from 0 to 1, not 60'],
    ['a score as a text', { lowScore: '0.1' as never }, 'track: lowScore must be a number from 0 to 1, not "0.1"'],
    ['NaN', { highIou: NaN }, 'track: highIou must be a number from 0 to 1, not NaN'],
    [
      'lowScore over highScore',
      { highScore: 0.5, lowScore: 0.6 },
      'track: lowScore must be at most highScore, 0.5, not 0.6',
    ],
    ['newScore under highScore', { newScore: 0.5 }, 'track: newScore must be at least highScore, 0.6, not 0.5'],
    ['a time under 0', { keepFor: -1 }, 'track: keepFor must be a number of at least 0, not -1'],
    ['endless time', { keepFor: Infinity }, 'track: keepFor must be a number of at least 0, not Infinity'],
    ['acrossClasses as a number', { acrossClasses: 1 as never }, 'track: acrossClasses must be true or false, not 1'],
    ['no tracks', { maxTracks: 0 }, 'track: maxTracks must be a whole number of at least 1, not 0'],
  ])('%s', (_, options, message) => {
    expect(() => track(options)).toThrow(OptionError);
    expect(() => track(options)).toThrow(message);
  });

  it('defaults follow highScore', () => {
    expect(() => track({ highScore: 0.05 })).not.toThrow();
    expect(() => track({ highScore: 0.95 })).not.toThrow();
  });
});
