import { concat, from, NEVER, of, Subject, take, throwError } from 'rxjs';
import {
  OptionError,
  StageError,
  whenLabel,
  type Classification,
  type Detection,
  type FrameResult,
  type LabelEvent,
  type WhenLabelOptions,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/balance.ts';
import { seenAt, standing } from '../../support/tracked.ts';

type Result = FrameResult<Classification> | FrameResult<Detection>;

/** A result at a time in ms, with these labels and scores: `cat`, `cat 0.3`. */
function classes(ms: number, labels: readonly string[], source = 'door.mp4'): FrameResult<Classification> {
  const list = labels.map((text, index) => {
    const [label = '', score = '0.9'] = text.split(' ');
    return { index, label, score: Number(score) };
  });
  return { source, seq: ms / 100, timestamp: ms * 1000, classes: list, timings: [], latencyMs: 1 };
}

/** `appeared cat 100: 0`: the time and the duration in ms. */
const told = (events: readonly LabelEvent[]) =>
  events.map(({ kind, label, timestamp, durationMs }) => `${kind} ${label} ${timestamp / 1000}: ${durationMs}`);

async function events(results: readonly Result[], options: WhenLabelOptions = {}, labels: string | string[] = 'cat') {
  return told((await run(from(results).pipe(whenLabel(labels, options)))).values);
}

/** Every 100 ms a character: the cat is there (`x`) or not (`.`). */
const film = (text: string) => text.split('').map((one, i) => classes(100 * i, one === 'x' ? ['cat'] : ['dog']));

describe('whenLabel', () => {
  it('tells when a label appears, stays and leaves', async () => {
    const { values } = await run(from(film('.xx.')).pipe(whenLabel('cat', { every: 0 })));
    const same = { label: 'cat', source: 'door.mp4', since: 100_000, peakScore: 0.9 };
    expect(values).toEqual([
      { kind: 'appeared', ...same, seq: 1, timestamp: 100_000, durationMs: 0 },
      { kind: 'stays', ...same, seq: 2, timestamp: 200_000, durationMs: 100 },
      { kind: 'left', ...same, seq: 3, timestamp: 300_000, durationMs: 100 },
    ]);
  });

  it.each<[string, string, WhenLabelOptions, readonly string[]]>([
    ['nothing', '', {}, []],
    ['never', '....', {}, []],
    ['twice', '.x..x.', {}, ['appeared cat 100: 0', 'left cat 200: 0', 'appeared cat 400: 0', 'left cat 500: 0']],
    ['at the end it leaves', '.xx', {}, ['appeared cat 100: 0', 'left cat 200: 100']],
    ['for: long enough', 'xxxx.', { for: 300 }, ['appeared cat 300: 300', 'left cat 400: 300']],
    ['for: too short', 'xxx.xxx.', { for: 300 }, []],
    ['for: too short at the end', '..xx', { for: 300 }, []],
    ['gone: short absences are presence', 'xx.x.', { gone: 200 }, ['appeared cat 0: 0', 'left cat 400: 300']],
    [
      'gone: it leaves in the frame in which it is gone for as long',
      'xx....',
      { gone: 200 },
      ['appeared cat 0: 0', 'left cat 300: 100'],
    ],
    [
      'both: a flicker does not begin the time anew',
      'x.x.x.',
      { for: 400, gone: 200 },
      ['appeared cat 400: 400', 'left cat 500: 400'],
    ],
    ['both: an absence does', 'x...xxx', { for: 300, gone: 200 }, []],
    [
      'every',
      'xxxxxxx',
      { every: 300 },
      ['appeared cat 0: 0', 'stays cat 300: 300', 'stays cat 600: 600', 'left cat 600: 600'],
    ],
    [
      'every: not while it is away',
      'xxx.x',
      { every: 300, gone: 500 },
      ['appeared cat 0: 0', 'stays cat 400: 400', 'left cat 400: 400'],
    ],
  ])('%s', async (_, text, options, wanted) => {
    expect(await events(film(text), options)).toEqual(wanted);
  });

  it('says once a second that a label stays, if not told otherwise', async () => {
    const kinds = (await events(film('x'.repeat(31)))).map((text) => text.split(':')[0]);
    expect(kinds).toEqual(['appeared cat 0', 'stays cat 1000', 'stays cat 2000', 'stays cat 3000', 'left cat 3000']);
  });

  it('takes a label for there with minScore', async () => {
    const frames = [classes(0, ['cat 0.5']), classes(100, ['dog 0.9', 'cat 0.49'])];
    expect(await events(frames)).toEqual(['appeared cat 0: 0', 'left cat 100: 0']);
    expect(await events(frames, { minScore: 0.2 })).toEqual(['appeared cat 0: 0', 'left cat 100: 100']);
    const { values } = await run(from(frames).pipe(whenLabel('dog')));
    expect(values.map(({ peakScore }) => peakScore)).toEqual([0.9, 0.9]);
  });

  it('tells of each label for itself, those of a frame in the order of the labels', async () => {
    const frames = [classes(0, ['cat', 'dog']), classes(100, ['dog']), classes(200, ['cat'])];
    expect(await events(frames, {}, ['dog', 'cat', 'dog'])).toEqual([
      'appeared dog 0: 0',
      'appeared cat 0: 0',
      'left cat 100: 0',
      'left dog 200: 100',
      'appeared cat 200: 0',
      'left cat 200: 0',
    ]);
  });

  it('takes boxes as well: the best one of a label', async () => {
    const boxes = [standing(1, 0, 0, { score: 0.3 }), standing(2, 50, 0, { score: 0.8 })];
    const frames = [seenAt(0, []), seenAt(40, boxes), seenAt(80, boxes.slice(0, 1))];
    expect(await events(frames, {}, 'person')).toEqual(['appeared person 40: 0', 'left person 80: 0']);
  });

  it('watches each source for itself', async () => {
    const frames = [
      classes(0, ['cat'], 'a'),
      classes(500, [], 'b'),
      classes(100, ['cat'], 'a'),
      classes(600, ['cat'], 'b'),
    ];
    const { values } = await run(from(frames).pipe(whenLabel('cat')));
    expect(values.map(({ kind, source, timestamp }) => `${kind} ${source} ${timestamp / 1000}`)).toEqual([
      'appeared a 0',
      'appeared b 600',
      'left a 100',
      'left b 600',
    ]);
  });

  it('lets labels leave when the time goes back, before what comes then', async () => {
    const frames = [classes(5000, ['cat']), classes(5100, ['cat']), classes(0, ['cat'])];
    expect(await events(frames)).toEqual([
      'appeared cat 5000: 0',
      'left cat 5100: 100',
      'appeared cat 0: 0',
      'left cat 0: 0',
    ]);
  });
});

describe('the stream', () => {
  it('lets labels leave when it fails, and fails then', async () => {
    const broken = await run(
      concat(
        from(film('xx')),
        throwError(() => new Error('gone')),
      ).pipe(whenLabel('cat')),
    );
    expect(told(broken.values)).toEqual(['appeared cat 0: 0', 'left cat 100: 100']);
    expect(broken).toMatchObject({ completed: false, error: { message: 'gone' } });
  });

  it('tells nothing to who has left', async () => {
    const source = new Subject<Result>();
    const seen: LabelEvent[] = [];
    const subscription = source.pipe(whenLabel('cat')).subscribe((event) => seen.push(event));
    source.next(classes(0, ['cat']));
    subscription.unsubscribe();
    source.next(classes(100, []));
    expect(seen.map(({ kind }) => kind)).toEqual(['appeared']);
    expect(source.observed).toBe(false);
    const both = whenLabel(['cat', 'dog']);
    expect((await run(concat(of(classes(0, ['cat', 'dog'])), NEVER).pipe(both, take(1)))).values).toHaveLength(1);
  });

  it('can be subscribed twice', async () => {
    const stream = from(film('.xx.x')).pipe(whenLabel('cat', { gone: 100 }));
    expect((await run(stream)).values).toEqual((await run(stream)).values);
  });

  it.each<[string, Partial<FrameResult<Classification>>, string]>([
    ['results of another task', { classes: undefined as never }, 'it needs results with classes or boxes'],
    ['a time that is no number', { timestamp: NaN }, 'its timestamp must be a finite number, not NaN'],
  ])('fails at %s, naming the frame', async (_, more, message) => {
    const frames = [classes(0, ['cat']), { ...classes(100, ['cat']), ...more }];
    const { values, error } = await run(from(frames).pipe(whenLabel('cat')));
    expect(told(values)).toEqual(['appeared cat 0: 0', 'left cat 0: 0']);
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain(`stage whenLabel failed on frame door.mp4 #1`);
    expect(String(error)).toContain(message);
  });
});

describe('wrong options', () => {
  it.each<[string, unknown, WhenLabelOptions, string]>([
    ['no label', undefined, {}, 'whenLabel: labels must be a label or a list of labels, not undefined'],
    ['an empty list', [], {}, 'labels must be a label or a list of labels, not []'],
    ['an empty label', '', {}, 'labels must be a label or a list of labels, not ""'],
    ['a number among labels', ['cat', 3], {}, 'labels must be a label or a list of labels, not ["cat", 3]'],
    ['a time under 0', 'cat', { for: -1 }, 'for must be a number of at least 0, not -1'],
    ['endless time', 'cat', { gone: Infinity }, 'gone must be a number of at least 0, not Infinity'],
    ['a time as a text', 'cat', { every: '1s' as never }, 'every must be a number of at least 0, not "1s"'],
    ['a score over 1', 'cat', { minScore: 2 }, 'minScore must be a number from 0 to 1, not 2'],
  ])('%s', (_, labels, options, message) => {
    expect(() => whenLabel(labels as string, options)).toThrow(OptionError);
    expect(() => whenLabel(labels as string, options)).toThrow(message);
  });
});
