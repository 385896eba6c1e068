import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, map, toArray } from 'rxjs';
import {
  act,
  aggregate,
  csvWriter,
  dense,
  flatten,
  frameSource,
  infer,
  modelFrom,
  ndjsonWriter,
  OptionError,
  outputs,
  pipeline,
  readModel,
  segments,
  ShapeError,
  softmax,
  srtWriter,
  StageError,
  taskFromSpec,
  useEngine,
  writeModel,
  writeWith,
  type Action,
  type ActOptions,
  type ActOutputs,
  type Arrival,
  type Model,
  type Pixels,
  type ResultWriter,
} from 'sluice';
import { loadParquet } from 'sluice/node';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { ENGINES } from '../support/compute.ts';
import { run } from '../support/balance.ts';

const NAMES = ['left', 'stay', 'right'];
const LOGITS = [0, Math.log(3), Math.log(4)];
const SHARES = [1 / 8, 3 / 8, 1 / 2];

async function read(
  numbers: readonly number[],
  options: ActOptions = {},
  settings: ActOutputs = {},
  labels = NAMES.slice(0, numbers.length),
) {
  const output = tf.tensor([...numbers], [1, numbers.length]);
  const reader = act(settings).reader(labels, options);
  try {
    reader.checkShape(output.shape);
    return await reader.read(output);
  } finally {
    output.dispose();
  }
}

/** How often each action is drawn. */
async function drawn(numbers: readonly number[], options: ActOptions, settings: ActOutputs = {}, times = 2000) {
  const output = tf.tensor([...numbers], [1, numbers.length]);
  const reader = act(settings).reader(undefined, { choose: 'sample', ...options });
  const counts = numbers.map(() => 0);
  for (let i = 0; i < times; i++) {
    const { index } = (await reader.read(output)).action;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  output.dispose();
  return counts.map((count) => count / times);
}

/** The result of these scores, and the action of this index. */
function result(scores: readonly number[], index: number): Action {
  const actions = scores.map((score, i) => ({ index: i, name: NAMES[i] ?? '', score }));
  return { action: actions[index] as Action['action'], actions };
}

const frame = (seq: number) => ({ source: 'game', seq, timestamp: seq * 250_000 });

describe.each(ENGINES)('act on %s', (engine) => {
  beforeAll(() => useEngine(engine));

  it('takes the action with the highest score, and lists all by index', async () => {
    const { action, actions } = await read([0.25, 0.5, 0.25]);
    expect(action).toEqual({ index: 1, name: 'stay', score: 0.5 });
    expect(actions.map(({ index, name, score }) => [index, name, score])).toEqual([
      [0, 'left', 0.25],
      [1, 'stay', 0.5],
      [2, 'right', 0.25],
    ]);
  });

  it('makes probabilities of logits', async () => {
    const { action, actions } = await read(LOGITS, {}, { outputKind: 'logits' });
    expect(action.name).toBe('right');
    actions.forEach(({ score }, i) => expect(score).toBeCloseTo(SHARES[i] ?? NaN, 6));
    const far = await read([1000, -1000, 0], {}, { outputKind: 'logits' });
    expect(far.actions.map(({ score }) => score)).toEqual([1, 0, 0]);
  });

  it('takes the values of Q-learning as they are', async () => {
    expect((await read([-3, -1, -2])).action).toEqual({ index: 1, name: 'stay', score: -1 });
  });

  it('takes the first of equal scores', async () => {
    expect((await read([0.5, 0.5])).action.index).toBe(0);
  });

  it('names actions without labels by their index', async () => {
    expect((await read([0, 1], {}, {}, [])).action.name).toBe('action 1');
  });

  it('is the task of a model whose frames go through infer', async () => {
    const picture = (level: number): Pixels => ({
      width: 1,
      height: 1,
      channels: 3,
      data: new Uint8Array(3).fill(level),
    });
    const arrivals = [0, 255].map((level, timestamp): Arrival<Pixels> => ({ data: picture(level), timestamp }));
    const found = frameSource(arrivals, { source: 'game' }).pipe(
      infer(await player(), { choose: 'best' }),
      map(({ action }) => action.name),
      toArray(),
    );
    expect(await lastValueFrom(found)).toEqual(['left', 'right']);
  });

  it('fails the frame whose scores are no probabilities where it draws', async () => {
    const model: Model<Action, ActOptions> = { ...(await player()), pipeline: net() };
    const bright: Pixels = { width: 1, height: 1, channels: 3, data: new Uint8Array(3).fill(255) };
    const source = frameSource([{ data: bright, timestamp: 0 }], { source: 'game' });
    const { error } = await run(source.pipe(infer(model, { choose: 'sample' })));
    expect(error).toBeInstanceOf(StageError);
    expect(String(error)).toContain("if they are logits, the task is act({ outputKind: 'logits' })");
  });
});

/** Left for black, right for white. */
function net() {
  const weights = { kernel: [[-8, 0, 8]], bias: [4, 0, -4] };
  return pipeline({ name: 'player', inputShape: [1, 1, 1, 1] }, flatten(), dense({ units: 3, weights }));
}

async function player() {
  const preprocess = { width: 1, height: 1, channels: 1, range: [0, 1] } as const;
  return modelFrom(pipeline({ name: 'player', inputShape: [1, 1, 1, 1] }, net(), softmax()), preprocess, {
    task: act(),
    labels: NAMES,
  });
}

describe('drawing', () => {
  beforeAll(() => useEngine('cpu'));
  /** Four standard deviations of the share of 2,000 draws. */
  const within = (shares: readonly number[], expected: readonly number[]) =>
    shares.forEach((share, i) => {
      const p = expected[i] ?? NaN;
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 2000));
    });

  it('takes each action as often as its probability says', async () => {
    within(await drawn(SHARES, {}), SHARES);
    within(await drawn(LOGITS, {}, { outputKind: 'logits' }), SHARES);
    within(await drawn([0, 1, 0], {}), [0, 1, 0]);
  });

  it('is more even with a higher temperature, and takes the best with a low one', async () => {
    const roots = SHARES.map(Math.sqrt);
    const sum = roots.reduce((a, b) => a + b, 0);
    within(
      await drawn(SHARES, { temperature: 2 }),
      roots.map((root) => root / sum),
    );
    expect(await drawn(SHARES, { temperature: 1e-3 }, {}, 50)).toEqual([0, 0, 1]);
    expect(await drawn(SHARES, { temperature: 1e-300 }, {}, 50)).toEqual([0, 0, 1]);
  });

  it('draws the same for the same seed, and the scores stay as they are', async () => {
    const names = async (seed: number) => {
      const reader = act().reader(NAMES, { choose: 'sample', seed });
      const output = tf.tensor2d([SHARES]);
      const results = await Promise.all(Array.from({ length: 30 }, () => reader.read(output)));
      output.dispose();
      expect(results[0]?.actions.map(({ score }) => score)).toEqual(Array.from(Float32Array.from(SHARES)));
      return results.map(({ action }) => action.index).join('');
    };
    expect(await names(3)).toBe(await names(3));
    expect(await names(3)).not.toBe(await names(4));
  });

  it.each<[string, readonly number[], string]>([
    ['logits', [3, -1, 0], 'but one is 3'],
    ['scores over 1 together', [0.9, 0.9, 0.9], 'but their sum is 2.7'],
    ['zeros', [0, 0, 0], 'but their sum is 0'],
    ['infinity', [Infinity, 0, 0], 'but one is Infinity'],
  ])('refuses %s', async (_name, numbers, message) => {
    await expect(read(numbers, { choose: 'sample' })).rejects.toThrow(RangeError);
    await expect(read(numbers, { choose: 'sample' })).rejects.toThrow(message);
  });

  it('takes what rounding leaves of probabilities', async () => {
    expect((await read([-1e-7, 1 + 1e-6, 0], { choose: 'sample' })).action.index).toBe(1);
  });
});

describe('results of act', () => {
  const two = [result([0.2, 0.5, 0.3], 1), result([0.1, 0.2, 1 / 3], 2)];
  const results = from(two.map((one, seq) => ({ ...frame(seq), ...one })));
  const text = async (writer: ResultWriter<string, Action>) =>
    (await lastValueFrom(results.pipe(writeWith(writer), toArray()))).join('');

  it('are written as a row with all scores', async () => {
    expect(await text(csvWriter({ task: act() }))).toBe(
      'source,seq,timestamp,index,action,score,scores\r\n' +
        'game,0,0,1,stay,0.5,"[0.2,0.5,0.3]"\r\ngame,1,250000,2,right,0.333333,"[0.1,0.2,0.333333]"\r\n',
    );
    expect(JSON.parse((await text(ndjsonWriter({ task: act() }))).split('\n')[1] ?? '')).toEqual({
      ...frame(1),
      action: { index: 2, name: 'right', score: 0.333333 },
      actions: [
        { index: 0, name: 'left', score: 0.1 },
        { index: 1, name: 'stay', score: 0.2 },
        { index: 2, name: 'right', score: 0.333333 },
      ],
    });
  });

  it('are typed in Parquet', async () => {
    const file = (await loadParquet())({ task: act() }).open();
    const bytes = Buffer.concat([file.write({ ...frame(0), ...(two[0] as Action) }), file.end()]);
    const [row] = tableFromIPC(readParquet(bytes).intoIPCStream()).toArray() as { toJSON(): object }[];
    expect(row?.toJSON()).toMatchObject({ index: 1, action: 'stay', score: 0.5, scores: '[0.2,0.5,0.3]' });
  });

  it('have the action as subtitle and segment', async () => {
    expect(await text(srtWriter({ task: act() }))).toContain('00:00:00,000 --> 00:00:00,250\nstay\n');
    const found = await lastValueFrom(results.pipe(segments(act()), toArray()));
    expect(found.map(({ label }) => label)).toEqual(['stay', 'right']);
  });

  it('have the mean scores of a file, and the best of them', async () => {
    const [mean] = await lastValueFrom(results.pipe(aggregate('file', { task: act() }), toArray()));
    expect(mean?.action.name).toBe('stay');
    expect(mean?.actions.map(({ score }) => score.toFixed(3))).toEqual(['0.150', '0.350', '0.317']);
    const aggregator = act().aggregator({});
    for (const each of [two[1], two[0], two[1]]) {
      aggregator.add(each as Action);
      expect(aggregator.take()).toEqual(each);
    }
  });

  it('are drawn as bars in the order of the actions', () => {
    const drawn: string[] = [];
    const overlay = act().overlay(two[0] as Action, { width: 320, height: 240 });
    overlay?.paint({ fillRect: () => {}, fillText: (line: string) => void drawn.push(line) } as never);
    expect(drawn).toEqual(['0.20  left', '0.50  stay ←', '0.30  right']);
  });

  it('are columns of a model with several outputs', () => {
    const task = outputs({ steer: { task: act(), labels: NAMES } });
    expect(task.columns.map(({ name }) => name)).toEqual(['steer', 'steer_score', 'steer_scores']);
    expect(task.rows({ outputs: { steer: two[0] as Action } })[0]).toMatchObject({ steer: 'stay', steer_score: 0.5 });
  });

  test('an infinite score is null in files', () => {
    expect(JSON.stringify(act().stored(result([Infinity, 0, 0], 0)).action)).toContain('"score":null');
  });
});

describe('act refuses', () => {
  beforeAll(() => useEngine('cpu'));

  it.each<[string, object, string]>([
    ['another choice', { choose: 'worst' }, "choose must be 'best' or 'sample', not \"worst\""],
    ['a temperature of 0', { choose: 'sample', temperature: 0 }, 'temperature must be a number over 0, not 0'],
    ['a temperature of NaN', { choose: 'sample', temperature: NaN }, 'temperature must be a number over 0, not NaN'],
    ['no end of temperature', { choose: 'sample', temperature: Infinity }, 'temperature must be a number over 0'],
    ['half a seed', { choose: 'sample', seed: 0.5 }, 'seed must be a whole number, not 0.5'],
    ['a temperature without drawing', { temperature: 2 }, "temperature is for choose: 'sample', which draws actions"],
    ['a seed without drawing', { choose: 'best', seed: 1 }, "seed is for choose: 'sample'"],
    ['an unknown option', { tempature: 2 }, 'no option "tempature": did you mean temperature?'],
  ])('%s', (_name, options, message) => {
    for (const call of [
      () => act().reader(NAMES, options),
      () => act().aggregator(options),
      () => act().select(result([1, 0], 0), options),
    ]) {
      expect(call).toThrow(OptionError);
      expect(call).toThrow(message);
    }
  });

  it.each<[string, object, string]>([
    [
      'an unknown kind of output',
      { outputKind: 'binary' },
      "act: outputKind must be 'scores' or 'logits', not \"binary\"",
    ],
    ['an unknown setting', { output: 'logits' }, 'no option "output": did you mean outputKind?'],
    ['null', null as never, 'act: its options must be'],
  ])('%s', (_name, settings, message) => {
    expect(() => act(settings as never)).toThrow(OptionError);
    expect(() => act(settings as never)).toThrow(message);
    if (settings !== null) expect(() => taskFromSpec({ kind: 'act', ...settings })).toThrow(OptionError);
  });

  it.each([[[2, 3]], [[1, 2, 3]], [[1, 1]], [[1, 0]], [[1]]])('outputs of the shape %j', (shape) => {
    const check = () => act().reader(undefined).checkShape(shape);
    expect(check).toThrow(ShapeError);
    expect(check).toThrow('needs a score for each of several actions of one frame, [1, actions], but got');
  });

  it('another number of labels, labels that are none, and scores that are no numbers', async () => {
    expect(() => act().reader(['a']).checkShape([1, 3])).toThrow(
      'needs one label per action, but got 1 labels and 3 scores',
    );
    expect(() => act().reader('left' as never)).toThrow(OptionError);
    await expect(read([0, NaN, 1])).rejects.toThrow('the score of action 1 is not a number');
  });
});

describe('a file of a model that acts', () => {
  it.each([[act()], [act({ outputKind: 'logits' })]])('keeps its task', async (task) => {
    const again = readModel(writeModel({ ...(await player()), task }), 'player.safetensors');
    expect(again.task.spec).toEqual(task.spec);
    expect(again.labels).toEqual(NAMES);
  });
});
