import { from, lastValueFrom, NEVER, of, concat, Subject, take, toArray } from 'rxjs';
import {
  countCrossings,
  inZone,
  OptionError,
  StageError,
  type Detection,
  type FrameResult,
  type InZoneOptions,
  type Zone,
} from 'sluice';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { closed, distanceTo, isInside } from '../../../src/tasks/tracking/geometry.ts';
import { run } from '../../support/balance.ts';
import { randomFrom, seed } from '../../support/random.ts';
import { seenAt, standing } from '../../support/tracked.ts';

const ZONE = [
  { x: 100, y: 100 },
  { x: 300, y: 100 },
  { x: 300, y: 300 },
  { x: 100, y: 300 },
];

async function zones(
  results: readonly FrameResult<Detection>[],
  options: Partial<InZoneOptions> = {},
): Promise<Zone[]> {
  const all = await lastValueFrom(from(results).pipe(inZone({ polygon: ZONE, ...options }), toArray()));
  return all.map(({ zone }) => zone);
}

/** What happened in each frame: `+1 1:0` for track 1 that entered and is inside for 0 ms, `-1:80` for one that left after 80 ms. */
const told = (all: readonly Zone[]) =>
  all.map(({ inside, entered, left }) =>
    [
      ...entered.map(({ trackId }) => `+${trackId}`),
      ...left.map(({ trackId, dwellMs }) => `-${trackId}:${dwellMs}`),
      ...inside.map(({ trackId, dwellMs }) => `${trackId}:${dwellMs}`),
    ].join(' '),
  );

describe('inZone', () => {
  it('says who is inside, for how long, who enters and who leaves', async () => {
    const all = await zones([
      seenAt(0, [standing(1, 50, 200)]),
      seenAt(40, [standing(1, 150, 200), standing(2, 200, 200, { label: 'dog' })]),
      seenAt(80, [standing(2, 200, 200, { label: 'dog' }), standing(1, 250, 200)]),
      seenAt(120, [standing(1, 350, 200), standing(2, 201, 200, { label: 'dog' })]),
    ]);
    expect(told(all)).toEqual(['', '+1 +2 1:0 2:0', '1:40 2:40', '-1:80 2:80']);
    expect(all[1]).toEqual({
      inside: [
        { trackId: 1, label: 'person', dwellMs: 0 },
        { trackId: 2, label: 'dog', dwellMs: 0 },
      ],
      entered: [
        { trackId: 1, label: 'person' },
        { trackId: 2, label: 'dog' },
      ],
      left: [],
    });
    expect(all[3]?.left).toEqual([{ trackId: 1, label: 'person', dwellMs: 80 }]);
  });

  it('keeps one that is not seen for a while, and lets it leave after keepFor', async () => {
    const seen = [seenAt(0, [standing(1, 200, 200)]), seenAt(400, [standing(1, 200, 200)])];
    const way = [...seen, seenAt(800, []), seenAt(1400, []), seenAt(1440, []), seenAt(1480, [])];
    expect(told(await zones(way))).toEqual(['+1 1:0', '1:400', '1:400', '1:400', '-1:400', '']);
    expect(told(await zones(way, { keepFor: 0 }))).toEqual(['+1 1:0', '1:400', '-1:400', '', '', '']);
    expect(told(await zones([...way, seenAt(1520, [standing(1, 200, 200)])])).at(-1)).toBe('+1 1:0');
    // Seen again within the time: it was there all along.
    expect(told(await zones([...seen, seenAt(800, []), seenAt(1200, [standing(1, 210, 200)])])).at(-1)).toBe('1:1200');
    expect(told(await zones([...seen, seenAt(800, []), seenAt(1200, [standing(1, 20, 200)])])).at(-1)).toBe('-1:1200');
  });

  it('with a margin does not let one that trembles on the border come and go', async () => {
    const way = [90, 103, 98, 104, 110, 99, 101, 96, 89].map((x, i) => seenAt(40 * i, [standing(1, x, 200)]));
    expect(
      told(await zones(way))
        .join(' ')
        .match(/[+-]/g),
    ).toHaveLength(6);
    expect(told(await zones(way, { margin: 8 }))).toEqual([
      '',
      '',
      '',
      '',
      '+1 1:0',
      '1:40',
      '1:80',
      '1:120',
      '-1:160',
    ]);
    // One that is first seen on the border is where it is.
    expect(told(await zones(way.slice(1, 3), { margin: 8 }))).toEqual(['+1 1:0', '1:40']);
  });

  it('takes the middle of the lower edge, or the centre', async () => {
    const frames = [seenAt(0, [standing(1, 200, 115), standing(2, 200, 315)])];
    expect((await zones(frames))[0]?.inside.map(({ trackId }) => trackId)).toEqual([1]);
    expect((await zones(frames, { anchor: 'centre' }))[0]?.inside.map(({ trackId }) => trackId)).toEqual([2]);
  });

  it('watches each source for itself, and begins anew when its time goes back', async () => {
    const at = (ms: number, source: string) => seenAt(ms, [standing(1, 200, 200)], source);
    expect(told(await zones([at(0, 'a'), at(80, 'b'), at(80, 'a'), at(120, 'b'), at(40, 'a')]))).toEqual([
      '+1 1:0',
      '+1 1:0',
      '1:80',
      '1:40',
      '+1 1:0',
    ]);
  });

  it('goes with lines and other zones, by names', async () => {
    const far = ZONE.map(({ x, y }) => ({ x: x + 200, y }));
    const line = [
      { x: 300, y: 300 },
      { x: 300, y: 100 },
    ];
    const stream = from([seenAt(0, [standing(1, 200, 200)]), seenAt(40, [standing(1, 350, 200)])]).pipe(
      inZone({ polygon: ZONE }),
      inZone({ polygon: far, name: 'far' }),
      countCrossings({ line }),
    );
    const last = await lastValueFrom(stream);
    expectTypeOf(last.far).toEqualTypeOf<Zone>();
    expect([last.zone.left.length, last.far.entered.length, last.crossings.forward]).toEqual([1, 1, 1]);
    const { error } = await run(of(seenAt(0, [])).pipe(inZone({ polygon: ZONE }), inZone({ polygon: far })));
    expect(String(error)).toContain('inZone: its results have a field zone already');
  });

  it('is empty without boxes', async () => {
    expect(await zones([seenAt(0, []), seenAt(40, [])])).toEqual([
      { inside: [], entered: [], left: [] },
      { inside: [], entered: [], left: [] },
    ]);
  });
});

describe('the polygon', () => {
  it(`has the points inside that a sum of angles says (FUZZ_SEED=${seed})`, () => {
    const random = randomFrom(seed);
    const star = Array.from({ length: 9 }, (_, i) => {
      const [angle, away] = [(2 * Math.PI * i) / 9, 20 + 80 * random()];
      return { x: 100 + away * Math.cos(angle), y: 100 + away * Math.sin(angle) };
    });
    for (let i = 0; i < 1000; i++) {
      const point = { x: 200 * random(), y: 200 * random() };
      const turns = star.reduce((sum, a, k) => {
        const b = star[(k + 1) % star.length] ?? a;
        const [ax, ay, bx, by] = [a.x - point.x, a.y - point.y, b.x - point.x, b.y - point.y];
        return sum + Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
      }, 0);
      expect(isInside(star, point)).toBe(Math.abs(turns) > Math.PI);
      expect(isInside(star.toReversed(), point)).toBe(Math.abs(turns) > Math.PI);
    }
  });

  it('may end with its first point again', async () => {
    expect(closed(closed(ZONE))).toEqual(closed(ZONE));
    expect(distanceTo(closed([...ZONE, ZONE[0]!]), { x: 200, y: 90 })).toBe(10);
    const frames = [seenAt(0, [standing(1, 200, 200)])];
    expect(await zones(frames, { polygon: [...ZONE, ZONE[0]!], margin: 5 })).toEqual(
      await zones(frames, { margin: 5 }),
    );
  });
});

describe('the stream', () => {
  const frames = [seenAt(0, [standing(1, 200, 200)]), seenAt(40, [standing(1, 20, 200)])];
  it('can be subscribed twice, and stops', async () => {
    const stream = from(frames).pipe(inZone({ polygon: ZONE }));
    expect((await run(stream)).values).toEqual((await run(stream)).values);
    expect((await run(concat(from(frames), NEVER).pipe(inZone({ polygon: ZONE }), take(1)))).completed).toBe(true);
    const source = new Subject<FrameResult<Detection>>();
    source
      .pipe(inZone({ polygon: ZONE }))
      .subscribe()
      .unsubscribe();
    expect(source.observed).toBe(false);
  });
  it('remembers the last 10,000 tracks, whatever keepFor is', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => standing(i + 1, 200, 200));
    const all = await zones([seenAt(0, many), seenAt(40, [standing(10_001, 200, 200)])], { keepFor: 1e9 });
    expect([all[0]?.inside.length, all[1]?.inside.length]).toEqual([10_000, 10_000]);
    expect(all[1]?.left).toEqual([{ trackId: 1, label: 'person', dwellMs: 0 }]);
  });
  it('is not for boxes of boxes, which have no past', async () => {
    const { error } = await run(from([{ ...seenAt(0, []), crop: [0] }]).pipe(inZone({ polygon: ZONE })));
    expect(String(error)).toContain('such frames have no past: use it behind crops');
  });
  it('fails at a box without a track, naming the frame', async () => {
    const { trackId: _none, ...box } = standing(1, 0, 0);
    const { values, error } = await run(from([...frames, seenAt(80, [box])]).pipe(inZone({ polygon: ZONE })));
    expect(values).toHaveLength(2);
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain('inZone failed on frame door.mp4 #2 at 0.080 s: box 0 (person) has the trackId');
  });
});

describe('wrong options', () => {
  it.each<[string, object, string]>([
    ['no polygon', {}, 'inZone: polygon must be a list of at least 3 points, { x, y } in pixels, not undefined'],
    ['two points', { polygon: ZONE.slice(0, 2) }, 'at least 3 points'],
    ['a text', { polygon: 'door' }, 'not "door"'],
    ['many points, one of them wrong', { polygon: [...ZONE, ...ZONE, 'x'] }, '{ x: 100, y: 100 }, …]'],
    ['keepFor under 0', { polygon: ZONE, keepFor: -1 }, 'keepFor must be a number of at least 0, not -1'],
    ['a name that is taken', { polygon: ZONE, name: 'timings' }, 'name must be a field that results do not have yet'],
    ['another anchor', { polygon: ZONE, anchor: 1 }, 'anchor must be bottom or centre, not 1'],
  ])('%s', (_, options, message) => {
    expect(() => inZone(options as never)).toThrow(OptionError);
    expect(() => inZone(options as never)).toThrow(message);
  });
});
