import { concat, from, lastValueFrom, NEVER, of, Subject, take, throwError, toArray } from 'rxjs';
import {
  countCrossings,
  OptionError,
  StageError,
  track,
  type CountCrossingsOptions,
  type Crossings,
  type Detection,
  type FrameResult,
  type PicturePoint,
} from 'sluice';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { run } from '../../support/balance.ts';
import { framesOf, walker } from '../../support/mot.ts';
import { randomFrom, seed } from '../../support/random.ts';
import { seenAt, standing } from '../../support/tracked.ts';

/** Upwards, so that what goes right goes forward. It ends at 100 and 300. */
const LINE: readonly PicturePoint[] = [
  { x: 320, y: 300 },
  { x: 320, y: 100 },
];

type Way = readonly (readonly [x: number, y: number] | undefined)[];

/** One track along a way, a point a frame. */
const walk = (way: Way, id = 1) => way.map((point, i) => seenAt(40 * i, point ? [standing(id, ...point)] : []));

async function counted(results: readonly FrameResult<Detection>[], options: Partial<CountCrossingsOptions> = {}) {
  const stream = from(results).pipe(countCrossings({ line: LINE, ...options }), toArray());
  return (await lastValueFrom(stream)).map(({ crossings }) => crossings);
}

/** `>` and `<` for each crossing, with the frame. */
async function told(way: Way, options: Partial<CountCrossingsOptions> = {}): Promise<string> {
  const all = await counted(walk(way), options);
  return all
    .flatMap(({ events }, i) => events.map(({ direction }) => `${i}${direction === 'forward' ? '>' : '<'}`))
    .join(' ');
}

describe('countCrossings', () => {
  it('counts who crosses the line, each way, and keeps the result as it was', async () => {
    const frames = [
      seenAt(0, [standing(1, 300, 200), standing(2, 330, 250), standing(3, 10, 200)]),
      seenAt(40, [standing(1, 325, 200), standing(2, 310, 250, { label: 'dog' }), standing(3, 20, 200)]),
      seenAt(80, [standing(2, 321, 250)]),
    ];
    expect(await counted(frames)).toEqual([
      { forward: 0, backward: 0, events: [] },
      {
        ...{ forward: 1, backward: 1 },
        events: [
          { trackId: 1, label: 'person', direction: 'forward' },
          { trackId: 2, label: 'dog', direction: 'backward' },
        ],
      },
      { forward: 2, backward: 1, events: [{ trackId: 2, label: 'person', direction: 'forward' }] },
    ]);
    const [first] = (await run(from(frames).pipe(countCrossings({ line: LINE })))).values;
    expect({ ...first, crossings: undefined }).toEqual({ ...frames[0], crossings: undefined });
    expect(frames[0]).not.toHaveProperty('crossings');
  });

  it.each<[string, Way, string]>([
    [
      'it goes to the right',
      [
        [300, 200],
        [340, 200],
      ],
      '1>',
    ],
    [
      'it goes to the left',
      [
        [340, 200],
        [300, 200],
      ],
      '1<',
    ],
    [
      'there and back',
      [
        [300, 200],
        [340, 200],
        [300, 200],
      ],
      '1> 2<',
    ],
    [
      'it is on the line for a while, and goes on',
      [
        [300, 200],
        [320, 200],
        [320, 210],
        [340, 200],
      ],
      '3>',
    ],
    [
      'it comes up to the line and goes back',
      [
        [300, 200],
        [320, 200],
        [300, 200],
      ],
      '',
    ],
    [
      'from the right onto the line and back',
      [
        [340, 200],
        [320, 200],
        [340, 200],
      ],
      '1< 2>',
    ],
    [
      'it passes above the end',
      [
        [300, 90],
        [340, 90],
      ],
      '',
    ],
    [
      'it passes below the end',
      [
        [300, 301],
        [340, 301],
      ],
      '',
    ],
    [
      'it goes round the end',
      [
        [300, 200],
        [300, 90],
        [340, 90],
        [340, 200],
      ],
      '',
    ],
    [
      'a step askew that misses the end',
      [
        [300, 90],
        [340, 105],
      ],
      '',
    ],
    [
      'a step askew that does not',
      [
        [300, 110],
        [340, 95],
      ],
      '1>',
    ],
    [
      'along the line',
      [
        [320, 120],
        [320, 200],
        [320, 280],
      ],
      '',
    ],
    [
      'it begins on the line',
      [
        [320, 200],
        [330, 200],
      ],
      '1>',
    ],
    ['it is lost on the way', [[300, 200], undefined, undefined, [340, 200]], '3>'],
    ['it is seen once', [[320, 200]], ''],
    ['nothing is seen', [undefined, undefined], ''],
  ])('%s', async (_, way, crossings) => {
    expect(await told(way)).toBe(crossings);
  });

  it('is counted forward from the left of the line to its right, whatever way the line goes', async () => {
    const way: Way = [
      [300, 200],
      [340, 200],
    ];
    expect(await told(way, { line: LINE.toReversed() })).toBe('1<');
    const level = [
      { x: 0, y: 200 },
      { x: 640, y: 200 },
    ];
    expect(
      await told(
        [
          [300, 190],
          [300, 210],
        ],
        { line: level },
      ),
    ).toBe('1>');
    expect(
      await told(
        [
          [300, 190],
          [300, 210],
        ],
        { line: level.toReversed() },
      ),
    ).toBe('1<');
  });

  it('may have corners, and is crossed once where its parts meet', async () => {
    const line = [
      { x: 320, y: 300 },
      { x: 320, y: 200 },
      { x: 420, y: 200 },
    ];
    expect(
      await told(
        [
          [300, 250],
          [340, 250],
        ],
        { line },
      ),
    ).toBe('1>');
    expect(
      await told(
        [
          [400, 190],
          [400, 210],
        ],
        { line },
      ),
    ).toBe('1>');
    expect(
      await told(
        [
          [310, 190],
          [330, 210],
        ],
        { line },
      ),
    ).toBe('1>');
    // In and out in one step.
    expect(
      await told(
        [
          [300, 210],
          [340, 190],
        ],
        { line },
      ),
    ).toBe('');
  });

  it('with a margin counts an object that trembles on the line once, where it ends', async () => {
    const trembling: Way = [
      [300, 200],
      [322, 200],
      [318, 200],
      [323, 200],
      [319, 200],
      [324, 200],
      [340, 200],
      [341, 200],
    ];
    expect(await told(trembling)).toBe('1> 2< 3> 4< 5>');
    expect(await told(trembling, { margin: 10 })).toBe('6>');
    expect(await told([...trembling.slice(0, 5), [300, 200]], { margin: 10 })).toBe('');
    // Beyond the end of the line there is nothing to cross.
    expect(
      await told(
        [
          [300, 200],
          [316, 95],
          [324, 95],
          [340, 200],
        ],
        { margin: 10 },
      ),
    ).toBe('');
    expect(
      await told(
        [
          [300, 200],
          [324, 200],
        ],
        { margin: 10 },
      ),
    ).toBe('');
  });

  it('takes the middle of the lower edge, or the centre', async () => {
    const line = [
      { x: 0, y: 180 },
      { x: 640, y: 180 },
    ];
    // A box 40 high: its lower edge crosses first.
    const frames = walk([
      [100, 170],
      [100, 190],
      [100, 210],
    ]);
    const at = async (anchor: 'bottom' | 'centre') =>
      (await counted(frames, { line, anchor })).map(({ forward }) => forward);
    expect(await at('bottom')).toEqual([0, 1, 1]);
    expect(await at('centre')).toEqual([0, 0, 1]);
  });

  it('several lines have names of their own', async () => {
    const left = {
      line: [
        { x: 100, y: 300 },
        { x: 100, y: 100 },
      ],
      name: 'left',
    } as const;
    const stream = from(
      walk([
        [90, 200],
        [110, 200],
        [330, 200],
      ]),
    ).pipe(countCrossings(left), countCrossings({ line: LINE }));
    const last = await lastValueFrom(stream);
    expectTypeOf(last.left).toEqualTypeOf<Crossings>();
    expectTypeOf(last.crossings).toEqualTypeOf<Crossings>();
    expectTypeOf(last.boxes).toEqualTypeOf<Detection['boxes']>();
    expect([last.left.forward, last.crossings.forward]).toEqual([1, 1]);
    const twice = await run(from(walk([[90, 200]])).pipe(countCrossings(left), countCrossings(left)));
    expect(twice.error).toBeInstanceOf(OptionError);
    expect(String(twice.error)).toContain('its results have a field left already: give this one another name');
  });

  it('counts each source for itself, and anew when its time goes back', async () => {
    const step = (ms: number, x: number, source: string) => seenAt(ms, [standing(1, x, 200)], source);
    const frames = [step(0, 300, 'a'), step(0, 340, 'b'), step(40, 340, 'a'), step(40, 300, 'b'), step(0, 340, 'a')];
    expect((await counted(frames)).map(({ forward, backward }) => [forward, backward])).toEqual([
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    expect((await counted([...frames, step(40, 300, 'a')])).at(-1)).toMatchObject({ forward: 0, backward: 1 });
  });

  it(`counts as many as ways show, at random (FUZZ_SEED=${seed})`, async () => {
    const random = randomFrom(seed);
    for (let round = 0; round < 50; round++) {
      const way: Way = Array.from({ length: 40 }, () => [280 + 80 * random(), 110 + 180 * random()]);
      const sides = way.map((point) => (point?.[0] ?? 0) > 320);
      const wanted = sides.flatMap((side, i) => (i > 0 && side !== sides[i - 1] ? [`${i}${side ? '>' : '<'}`] : []));
      expect(await told(way)).toBe(wanted.join(' '));
    }
  });

  it('counts the tracks of a scene', async () => {
    const things = [
      ...Array.from({ length: 6 }, (_, i) => walker([20 - 150 * i, 60 * i], [6, 0], [30, 60])),
      walker([1200, 500], [-6, 0], [30, 60]),
    ];
    const line = [
      { x: 640, y: 720 },
      { x: 640, y: 0 },
    ];
    const results = framesOf({ things, frames: 280, seed }).map(({ result }) => result);
    const last = await lastValueFrom(from(results).pipe(track(), countCrossings({ line, margin: 5 })));
    expect(last.crossings).toMatchObject({ forward: 6, backward: 1 });
  });

  it('remembers the last 10,000 tracks', async () => {
    const others = (n: number) =>
      seenAt(
        40,
        Array.from({ length: n }, (_, i) => standing(2 + i, 10, 10)),
      );
    const around = (n: number) => [seenAt(0, [standing(1, 300, 200)]), others(n), seenAt(80, [standing(1, 340, 200)])];
    expect((await counted(around(9_999))).at(-1)).toMatchObject({ forward: 1 });
    expect((await counted(around(10_000))).at(-1)).toMatchObject({ forward: 0 });
  });
});

describe('the stream', () => {
  const frames = walk([
    [300, 200],
    [340, 200],
  ]);
  it('can be subscribed twice', async () => {
    const stream = from(frames).pipe(countCrossings({ line: LINE }));
    expect((await run(stream)).values).toEqual((await run(stream)).values);
  });
  it('ends, fails and stops as its source does', async () => {
    const count = countCrossings<FrameResult<Detection>>({ line: LINE });
    const broken = await run(
      concat(
        from(frames),
        throwError(() => new Error('gone')),
      ).pipe(count),
    );
    expect(broken).toMatchObject({ completed: false, error: { message: 'gone' } });
    expect(broken.values).toHaveLength(2);
    expect((await run(concat(from(frames), NEVER).pipe(count, take(1)))).completed).toBe(true);
    const source = new Subject<FrameResult<Detection>>();
    source.pipe(count).subscribe().unsubscribe();
    expect(source.observed).toBe(false);
  });
  it('fails at a box without a track, naming the frame', async () => {
    const { trackId: _none, ...box } = standing(1, 0, 0);
    const { error } = await run(of(seenAt(40, [box])).pipe(countCrossings({ line: LINE })));
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(
      'countCrossings failed on frame door.mp4 #1 at 0.040 s: box 0 (person) has the trackId undefined: use track() before',
    );
  });
  it('fails at a box whose place is no number', async () => {
    const { error } = await run(of(seenAt(0, [standing(1, NaN, 0)])).pipe(countCrossings({ line: LINE })));
    expect(String(error)).toContain('box 0 (person) has the x NaN, not a finite number');
  });
});

describe('wrong options', () => {
  const end = { x: 1, y: 2 };
  it.each<[string, object, string]>([
    ['no line', {}, 'line must be a list of at least 2 points, { x, y } in pixels, not undefined'],
    ['one point', { line: [end] }, 'at least 2 points, { x, y } in pixels, not [{ x: 1, y: 2 }]'],
    [
      'points as lists',
      {
        line: [
          [0, 0],
          [1, 1],
        ],
      },
      'not [{ x: undefined, y: undefined }',
    ],
    ['NaN', { line: [end, { x: NaN, y: 0 }] }, 'not [{ x: 1, y: 2 }, { x: NaN, y: 0 }]'],
    ['null', { line: [end, null] }, 'not [{ x: 1, y: 2 }, null]'],
    ['a point twice', { line: [end, end] }, 'line has the point { x: 1, y: 2 } twice in a row'],
    ['another anchor', { line: LINE, anchor: 'center' }, 'anchor must be bottom or centre, not "center"'],
    ['a margin under 0', { line: LINE, margin: -1 }, 'margin must be a number of at least 0, not -1'],
    [
      'a name that is taken',
      { line: LINE, name: 'boxes' },
      'name must be a field that results do not have yet, not "boxes"',
    ],
    ['an empty name', { line: LINE, name: '' }, 'name must be a field that results do not have yet, not ""'],
    ['a name that is a number', { line: LINE, name: 3 }, 'name must be a field that results do not have yet, not 3'],
  ])('%s', (_, options, message) => {
    expect(() => countCrossings(options as never)).toThrow(OptionError);
    expect(() => countCrossings(options as never)).toThrow(message);
  });
});
