import * as tf from '@tensorflow/tfjs-core';
import { map, Subject } from 'rxjs';
import {
  frameSource,
  classify,
  Frame,
  FrameReleasedError,
  OptionError,
  ShapeError,
  softmax,
  useEngine,
  type Classification,
  type FrameResult,
  type ClassifyOptions,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { closedAccount, idle, leakFree, run } from '../../support/balance.ts';
import { double, frames, scores } from '../../support/frames.ts';
import { rows, tenths, Device, listen } from '../../support/slow-readback.ts';

beforeAll(() => useEngine('wasm'));

describe('results', () => {
  it('say whose they are and what was seen, best first', () =>
    leakFree(async () => {
      const source = rows([
        [0.25, 0.5, 0.125],
        [1, 0, 0],
      ]);
      const { values, completed } = await run(source.pipe(classify({ labels: ['cat', 'dog', 'owl'], top: 2 })));
      expect(completed).toBe(true);
      expect(values).toMatchObject([
        {
          source: 'rows',
          seq: 0,
          timestamp: 0,
          classes: [
            { index: 1, label: 'dog', score: 0.5 },
            { index: 0, label: 'cat', score: 0.25 },
          ],
        },
        {
          source: 'rows',
          seq: 1,
          timestamp: 40_000,
          classes: [
            { index: 0, label: 'cat', score: 1 },
            { index: 1, label: 'dog', score: 0 },
          ],
        },
      ]);
      expect(closedAccount(source)).toEqual({ produced: 2, delivered: 2, discarded: 0, failed: 0 });
    }));

  it('are five without labels by default, and leave out what is under minScore', () =>
    leakFree(async () => {
      const [plain, few] = [
        await run(rows([[0, 1, 2, 3, 4, 5, 6]]).pipe(classify())),
        await run(rows([[0.1, 0.6, 0.3]]).pipe(classify({ minScore: 0.5 }))),
      ];
      expect(plain.values[0]?.classes.map(({ label }) => label)).toEqual([
        'class 6',
        'class 5',
        'class 4',
        'class 3',
        'class 2',
      ]);
      expect(few.values[0]?.classes.map(({ index }) => index)).toEqual([1]);
    }));

  it('are listed by default however low their scores are', () =>
    leakFree(async () => {
      const { values } = await run(
        rows([
          [-15, -25, -20],
          [-1e38, 0, -Infinity],
        ]).pipe(classify()),
      );
      expect(values.map(({ classes }) => classes.map(({ index, score }) => [index, score]))).toEqual([
        [
          [0, -15],
          [2, -20],
          [1, -25],
        ],
        [
          [1, 0],
          [0, Math.fround(-1e38)],
          [2, -Infinity],
        ],
      ]);
    }));

  it.each([
    [-20, [0, 2]],
    [-14, []],
    [-1000, [0, 2, 1]],
  ])('with a minScore of %i are %j', async (minScore, indices) => {
    const { values } = await run(rows([[-15, -25, -20]]).pipe(classify({ minScore })));
    expect(values[0]?.classes.map(({ index }) => index)).toEqual(indices);
  });

  it('leave out what is negligible, but not in a frame with negative scores', async () => {
    const { values } = await run(
      rows([
        [0.0005, 0.5, 0.001],
        [0.0005, 0.5, -0.001],
      ]).pipe(classify({ negligible: 0.001 })),
    );
    // float32 has no 0.001: the score is a little larger.
    expect(values.map(({ classes }) => classes.map(({ index }) => index))).toEqual([
      [1, 2],
      [1, 0, 2],
    ]);
  });

  it('may be empty, and are delivered all the same', async () => {
    const source = rows([[0.1, 0.2]]);
    const { values } = await run(source.pipe(classify({ minScore: 1 })));
    expect(values[0]?.classes).toEqual([]);
    expect(closedAccount(source)).toMatchObject({ delivered: 1 });
  });

  it.each([[[3]], [[1, 3]], [[1, 1, 1, 3]]])('take scores of shape %j', async (shape) => {
    const source = frameSource([{ data: tf.tensor([0, 1, 0], shape), timestamp: 0 }], { source: 'test' });
    const { values } = await run(source.pipe(classify({ top: 1 })));
    expect(values[0]?.classes[0]?.index).toBe(1);
  });

  it('carry a trace of every stage and classify, and a latency from the arrival on', () =>
    leakFree(async () => {
      const before = performance.now();
      const { values } = await run(frames(3).pipe(double(), double('again'), scores(), softmax(), classify()));
      const elapsed = performance.now() - before;
      for (const { timings, latencyMs } of values) {
        expect(timings.map(({ stage: name }) => name)).toEqual(['double', 'again', 'scores', 'softmax', 'classify']);
        for (const { waitMs, submitMs, deviceMs, method } of timings) {
          expect(method).toBe('synced-wall');
          expect(deviceMs).toBe(submitMs);
          expect(submitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeGreaterThanOrEqual(0);
        }
        const sum = timings.reduce((total, { waitMs, submitMs }) => total + waitMs + submitMs, 0);
        expect(latencyMs).toBeCloseTo(sum, 6);
        expect(latencyMs).toBeLessThanOrEqual(elapsed);
      }
    }));

  it('need no release: no tensor hangs on them', () =>
    leakFree(async () => {
      const kept: FrameResult<Classification>[] = [];
      await run(
        rows(tenths(4)).pipe(
          classify(),
          map((result) => kept.push(result)),
        ),
      );
      expect(kept.length).toBe(4);
    }));
});

describe('scores that do not fit', () => {
  const misfits: [string, unknown, ClassifyOptions, string][] = [
    [
      'two frames at once',
      [
        [0, 1],
        [1, 0],
      ],
      {},
      'classify needs the scores of one frame, [1, classes], but got [2, 2]',
    ],
    ['a picture', [[[[0], [1]]]], {}, 'classify needs the scores of one frame, [1, classes], but got [1, 1, 2, 1]'],
    ['a single number', 1, {}, 'classify needs the scores of one frame, [1, classes], but got []'],
    [
      'too few labels',
      [[0, 1, 2]],
      { labels: ['a', 'b'] },
      'classify needs one label per score, but got 2 labels and 3 scores',
    ],
    [
      'too many labels',
      [[0]],
      { labels: ['a', 'b'] },
      'classify needs one label per score, but got 2 labels and 1 scores',
    ],
  ];
  const source = (data: unknown, onError: 'stop' | 'skip' = 'stop') =>
    frameSource(
      {
        *[Symbol.iterator]() {
          for (const [timestamp, value] of [[[0]], data, [[0]]].entries())
            yield { data: tf.tensor(value as number[]), timestamp };
        },
      },
      { source: 'test', maxInFlight: 3, onError },
    );

  it.each(misfits)('%s: a ShapeError on the stream, that says so', (_, data, options, message) =>
    leakFree(async () => {
      const gate = source(data);
      const { error } = await run(gate.pipe(classify(options)));
      expect(error).toBeInstanceOf(ShapeError);
      expect(error).toMatchObject(
        options.labels ? { stage: 'classify' } : { stage: 'classify', frame: { seq: 1 }, message },
      );
      closedAccount(gate);
    }),
  );

  it.each(misfits.filter(([, , { labels }]) => !labels))(
    '%s: under skip the others go on',
    (_, data, options, message) =>
      leakFree(async () => {
        const gate = source(data, 'skip');
        const failures: string[] = [];
        gate.failures.subscribe(({ error }) => failures.push(error.message));
        const { values, completed } = await run(gate.pipe(classify(options)));
        expect([values.map(({ seq }) => seq), completed, failures]).toEqual([[0, 2], true, [message]]);
        expect(closedAccount(gate)).toEqual({ produced: 3, delivered: 2, discarded: 0, failed: 1 });
      }),
  );

  it.each(misfits.slice(3))('%s: the message', (_, data, options, message) =>
    leakFree(async () => {
      const { error } = await run(
        frameSource([{ data: tf.tensor(data as number[]), timestamp: 0 }], { source: 'test' }).pipe(classify(options)),
      );
      expect((error as Error).message).toBe(message);
    }),
  );

  it('a picture that is no tensor', async () => {
    const pixels = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as unknown as tf.Tensor;
    const { error } = await run(frameSource([{ data: pixels, timestamp: 0 }], { source: 'test' }).pipe(classify()));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toBe('classify needs a tensor, but got an object');
  });

  it('stop: what is pending comes first, and the source is asked for no more meanwhile', () =>
    leakFree(async () => {
      let asked = 0;
      const device = new Device();
      const endless = frameSource(
        {
          *[Symbol.iterator]() {
            for (;;) yield { data: asked === 1 ? tf.zeros([2, 2]) : tf.zeros([1, 2]), timestamp: asked++ };
          },
        },
        { source: 'test', maxInFlight: 2 },
      );
      const { seqs, end } = listen(endless.pipe(device.stage, classify()));
      await idle();
      expect(asked).toBe(2);
      expect([seqs, end]).toEqual([[], {}]);
      await device.finish(0);
      expect([seqs, end]).toEqual([[0], { error: expect.any(ShapeError) }]);
      expect(closedAccount(endless)).toEqual({ produced: 2, delivered: 1, discarded: 0, failed: 1 });
    }));

  it('a frame that is dead already', async () => {
    const frame = Frame.of(tf.tensor2d([[1, 2]]), { source: 'x', seq: 7, timestamp: 0 });
    frame.release();
    const subject = new Subject<Frame<tf.Tensor>>();
    const { end } = listen(subject.pipe(classify()));
    subject.next(frame);
    expect(end.error).toBeInstanceOf(FrameReleasedError);
    expect(subject.observed).toBe(false);
  });
});

describe('options', () => {
  const wrong: [string, object, string][] = [
    ['top 0', { top: 0 }, 'classify: top must be a whole number of at least 1, not 0'],
    ['top 1.5', { top: 1.5 }, 'classify: top must be a whole number of at least 1, not 1.5'],
    ['top text', { top: '3' }, 'classify: top must be a whole number of at least 1, not "3"'],
    ['inFlight 0', { inFlight: 0 }, 'classify: inFlight must be a whole number of at least 1, not 0'],
    ['inFlight NaN', { inFlight: NaN }, 'classify: inFlight must be a whole number of at least 1, not NaN'],
    ['minScore infinite', { minScore: -Infinity }, 'classify: minScore must be a number, not -Infinity'],
    ['minScore NaN', { minScore: NaN }, 'classify: minScore must be a number, not NaN'],
    ['minScore text', { minScore: '0.5' }, 'classify: minScore must be a number, not "0.5"'],
    ['minScore null', { minScore: null }, 'classify: minScore must be a number, not null'],
    ['negligible NaN', { negligible: NaN }, 'classify: negligible must be a number, not NaN'],
    ['negligible text', { negligible: '0' }, 'classify: negligible must be a number, not "0"'],
    ['labels text', { labels: 'cat' }, 'classify: labels must be a list of names, not "cat"'],
    ['labels null', { labels: null }, 'classify: labels must be a list of names, not null'],
  ];
  it.each(wrong)('%s is refused at once', (_, options, message) => {
    expect(() => classify(options as ClassifyOptions)).toThrow(OptionError);
    expect(() => classify(options as ClassifyOptions)).toThrow(message);
  });

  it.each([{}, { minScore: -10 }, { minScore: 1000 }, { negligible: 0 }, { top: 1, inFlight: 1 }, { labels: [] }])(
    '%o are fine',
    (options) => {
      expect(classify(options)).toBeTypeOf('function');
    },
  );

  it('an operator can be used for several streams at once', () =>
    leakFree(async () => {
      const operator = classify({ top: 1 });
      const [a, b] = await Promise.all([run(rows(tenths(2)).pipe(operator)), run(rows([[9, 1]]).pipe(operator))]);
      expect([a.values.length, b.values[0]?.classes[0]?.index]).toEqual([2, 0]);
    }));
});
