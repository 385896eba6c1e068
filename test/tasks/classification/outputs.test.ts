import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, toArray } from 'rxjs';
import { aggregate, classification, type ClassOutputs, classify, frameSource, ShapeError, useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useEngine('cpu'));

/** The classes that a task reads from these numbers. */
async function read(outputs: ClassOutputs, numbers: number[], labels?: readonly string[], options = {}) {
  const output = tf.tensor(numbers, [1, numbers.length]);
  try {
    const reader = classification(outputs).reader(labels, options);
    reader.checkShape(output.shape);
    const { classes } = await reader.read(output);
    return classes;
  } finally {
    output.dispose();
  }
}

const scores = async (...given: Parameters<typeof read>) => (await read(...given)).map(({ score }) => score);

describe('logits', () => {
  const TEXTBOOK = [0.87, 3.2, 0.31, 7.2, 1.2, 0.4];

  it('become the softmax, as tfjs computes it', async () => {
    const classes = await read({ outputKind: 'logits' }, TEXTBOOK, undefined, { top: 6 });
    const expected = await tf.softmax(tf.tensor1d(TEXTBOOK)).data();
    for (const { index, score } of classes) expect(score).toBeCloseTo(expected[index] ?? NaN, 6);
    expect(classes[0]).toMatchObject({ index: 3, label: 'class 3' });
    expect(classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 12);
  });

  it.each([
    ['large ones, which would overflow', [1000, 999, -1000], [0.731059, 0.268941, 0]],
    ['negative ones', [-25, -15, -25], [0.999909, 0.000045, 0.000045]],
    ['equal ones', [-Infinity, 5, 5], [0.5, 0.5, 0]],
    ['an infinite one', [Infinity, 5, 5], [1, 0, 0]],
  ])('%s', async (_, logits, expected) => {
    const found = await scores({ outputKind: 'logits' }, logits, undefined, { top: 3 });
    found.forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? NaN, 6));
  });

  it('that are not numbers fail the frame', async () => {
    await expect(read({ outputKind: 'logits' }, [1, NaN, 2])).rejects.toThrow('is not a number');
  });

  it('one alone has no softmax', async () => {
    await expect(read({ outputKind: 'logits' }, [1])).rejects.toThrow(ShapeError);
    await expect(read({ outputKind: 'logits' }, [1])).rejects.toThrow(
      /a logit for each of several classes, but got \[1, 1\]/,
    );
  });
});

describe('binary', () => {
  it('gives two classes from one score', async () => {
    expect(await read({ outputKind: 'binary' }, [0.75], ['cat', 'dog'])).toEqual([
      { index: 1, label: 'dog', score: 0.75 },
      { index: 0, label: 'cat', score: 0.25 },
    ]);
    expect((await read({ outputKind: 'binary' }, [0.125], ['cat', 'dog']))[0]).toMatchObject({
      label: 'cat',
      score: 0.875,
    });
  });

  it('from a logit: its sigmoid, 1 / (1 + e⁻ˣ)', async () => {
    const [dog, cat] = await scores({ outputKind: 'binary', fromLogits: true }, [Math.log(3)]);
    expect(dog).toBeCloseTo(0.75, 6);
    expect(cat).toBeCloseTo(0.25, 6);
    expect(await scores({ outputKind: 'binary', fromLogits: true }, [-800])).toEqual([1, 0]);
  });

  it('a score that cannot be one fails the frame, and says why', async () => {
    await expect(read({ outputKind: 'binary' }, [3.5])).rejects.toThrow(
      /must be from 0 to 1, but the model gives 3.5.*fromLogits/,
    );
    await expect(read({ outputKind: 'binary' }, [-0.2])).rejects.toThrow(/-0.2/);
    // Rounded a little too far.
    expect(await scores({ outputKind: 'binary' }, [1.0000001])).toEqual([1, 0]);
  });

  it('needs one score, and two labels if there are any', async () => {
    await expect(read({ outputKind: 'binary' }, [0.5, 0.5])).rejects.toThrow(
      /one score for two classes \(binary\), but got \[1, 2\]/,
    );
    await expect(read({ outputKind: 'binary' }, [0.5], ['dog'])).rejects.toThrow(
      /two labels \(binary\), but got 1 labels/,
    );
  });
});

describe('multiLabel', () => {
  const labels = ['beach', 'dog', 'night'];

  it('lists the labels of at least 0.5, however many', async () => {
    const listed = async (numbers: number[], options = {}) =>
      (await read({ outputKind: 'multiLabel' }, numbers, labels, options)).map(({ label }) => label);
    expect(await listed([0.9, 0.95, 0.1])).toEqual(['dog', 'beach']);
    expect(await listed([0.5, 0.4999, 0])).toEqual(['beach']);
    expect(await listed([0.1, 0.2, 0.3])).toEqual([]);
    expect(await listed([0.1, 0.2, 0.3], { minScore: 0.2 })).toEqual(['night', 'dog']);
    expect(await listed([0.9, 0.95, 0.1], { top: 1 })).toEqual(['dog']);
  });

  it('lists more than five', async () => {
    expect(await scores({ outputKind: 'multiLabel' }, Array(7).fill(0.75))).toHaveLength(7);
  });

  it('from logits: the sigmoid of each', async () => {
    const found = await scores({ outputKind: 'multiLabel', fromLogits: true }, [2, -2, 0], labels, { minScore: 0 });
    [0.880797, 0.5, 0.119203].forEach((score, i) => expect(found[i]).toBeCloseTo(score, 6));
  });

  it('means count every score, and then the labels are judged', async () => {
    const task = classification({ outputKind: 'multiLabel' });
    const options = task.optionsToAggregate({});
    const seconds = [
      [0.9, 0.4, 0],
      [0.2, 0.7, 0],
    ].map(async (numbers, seq) => {
      const { classes } = await task.reader(labels, options).read(tf.tensor(numbers, [1, 3]));
      return { source: 'clip.mp4', seq, timestamp: seq * 1000, classes };
    });
    const results = from(await Promise.all(seconds)).pipe(aggregate('file', { task }), toArray());
    const [mean] = await lastValueFrom(results);
    expect(mean?.classes.map(({ label, score }) => [label, score.toFixed(4)])).toEqual([
      ['dog', '0.5500'],
      ['beach', '0.5500'],
    ]);
  });

  it('select judges again what was read with other options', () => {
    const task = classification({ outputKind: 'multiLabel' });
    const classes = [0.9, 0.6, 0.2].map((score, index) => ({ index, label: `${index}`, score }));
    expect(task.select({ classes }, {}).classes).toHaveLength(2);
    expect(task.select({ classes }, { minScore: 0, top: 3 }).classes).toHaveLength(3);
    expect(classification().select({ classes }, {}).classes).toHaveLength(3);
  });
});

describe('wrong settings', () => {
  it.each([
    [
      { outputKind: 'probabilities' },
      /outputKind must be one of scores, logits, binary, multiLabel, not "probabilities"/,
    ],
    [{ outputKind: 'value' }, /must be one of scores/],
    [{ fromLogits: true }, /fromLogits is for binary and multiLabel, not for scores: .* outputKind: 'logits'/],
    [{ outputKind: 'logits', fromLogits: true }, /not for logits/],
    [{ outputKind: 'binary', fromLogits: 'yes' }, /fromLogits must be true or false, not "yes"/],
  ])('%j', (outputs, message) => {
    expect(() => classification(outputs as ClassOutputs)).toThrow(message);
    expect(() => classify(outputs as ClassOutputs)).toThrow(message);
  });
});

it('classify takes the same settings', async () => {
  const frames = frameSource([{ data: tf.tensor([Math.log(3)], [1, 1]), timestamp: 0 }], { source: 'list' });
  const labels = ['cat', 'dog'];
  const result = await lastValueFrom(frames.pipe(classify({ labels, outputKind: 'binary', fromLogits: true, top: 1 })));
  expect(result.classes).toEqual([{ index: 1, label: 'dog', score: expect.closeTo(0.75, 6) as number }]);
});
