import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, toArray } from 'rxjs';
import {
  aggregate,
  csvWriter,
  embedding,
  OptionError,
  similarTo,
  StageError,
  taskFromSpec,
  useEngine,
  writeWith,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../support/balance.ts';

beforeAll(() => useEngine('cpu'));

const result = (vector: readonly number[], seq = 0) => ({
  ...{ source: 'a.jpg', seq, timestamp: seq * 1000, timings: [], latencyMs: 0, vector },
});
const classesOf = async (vector: readonly number[], ...given: Parameters<typeof similarTo>) => {
  const { classes } = await lastValueFrom(from([result(vector)]).pipe(similarTo(...given)));
  return classes.map(({ label, index, score }) => [label, index, Math.round(score * 1e6) / 1e6]);
};

describe('embedding', () => {
  it('divides vectors by their length where that is asked for, their mean too', async () => {
    const read = (settings: Parameters<typeof embedding>[0], values: number[]) =>
      embedding(settings)
        .reader(undefined)
        .read(tf.tensor2d([values]));
    expect(await read({}, [3, 4])).toEqual({ vector: [3, 4] });
    expect((await read({ normalize: true }, [3, -4])).vector).toEqual([0.6, -0.8]);
    await expect(read({ normalize: true }, [0, 0])).rejects.toThrow('the vector cannot be normalized: its length is 0');
    const means = embedding({ normalize: true }).aggregator({});
    means.add({ vector: [1, 0] });
    means.add({ vector: [0, 1] });
    const { vector } = means.take();
    expect(vector.map((value) => value.toFixed(6))).toEqual(['0.707107', '0.707107']);
  });

  it('a mean that cannot be normalized fails the stream with its frame', async () => {
    const opposite = [result([1, 0]), result([-1, 0], 1)];
    const task = embedding({ normalize: true });
    for (const span of ['second', 'file'] as const) {
      const { error } = await run(from([...opposite, result([1, 0], 2000)]).pipe(aggregate(span, { task })));
      if (span === 'file') expect(error).toBeUndefined();
      else expect(String(error)).toContain('aggregate failed on frame a.jpg #2000');
      const { error: atEnd } = await run(from(opposite).pipe(aggregate(span, { task })));
      expect(atEnd).toBeInstanceOf(StageError);
      expect(String(atEnd)).toContain('the vector cannot be normalized');
    }
  });

  it('keeps the setting in its spec, and refuses others', () => {
    expect(taskFromSpec({ kind: 'embedding', normalize: true }).spec).toEqual({ kind: 'embedding', normalize: true });
    expect(embedding({ normalize: false }).spec).toEqual({ kind: 'embedding' });
    expect(() => embedding({ normalize: 1 as never })).toThrow('embedding: normalize must be true or false, not 1');
    expect(() => taskFromSpec({ kind: 'embedding', size: 2 })).toThrow('embedding has no option "size"');
  });
});

describe('similarTo', () => {
  it('lists references by the cosine of their angle with the vector, whatever their lengths', async () => {
    const table = { east: [2, 0], north: [0, 0.1], west: [-5, 0] };
    expect(await classesOf([30, 40], table)).toEqual([
      ['north', 1, 0.8],
      ['east', 0, 0.6],
      ['west', 2, -0.6],
    ]);
    expect(await classesOf([30, 40], table, { top: 1 })).toEqual([['north', 1, 0.8]]);
    expect(await classesOf([30, 40], table, { minScore: 0 })).toHaveLength(2);
    expect(await classesOf([0, 0], table)).toEqual([
      ['east', 0, 0],
      ['north', 1, 0],
      ['west', 2, 0],
    ]);
  });

  it('of several vectors of a reference, the most similar one counts', async () => {
    const table = { axis: [[1, 0, 0], [0, 1, 0], new Float32Array([0, 0, 1]) as never], other: [-1, 0, 0] };
    expect(await classesOf([0, 0, 9], table)).toEqual([
      ['axis', 0, 1],
      ['other', 1, 0],
    ]);
  });

  it('scaled cosines become probabilities, as of a model of pictures and texts', async () => {
    // e^(2 · 0.6) : e^(2 · 0.8)
    const [a, b] = [Math.exp(1.2), Math.exp(1.6)];
    const classes = await classesOf([3, 4], { east: [1, 0], north: [0, 1] }, { scale: 2 });
    expect(classes.map(([label, , score]) => [label, score])).toEqual([
      ['north', Math.round((b / (a + b)) * 1e6) / 1e6],
      ['east', Math.round((a / (a + b)) * 1e6) / 1e6],
    ]);
    const certain = await classesOf([3, 4], { east: [1, 0], north: [0, 1] }, { scale: 1e6 });
    expect(certain[0]).toEqual(['north', 1, 1]);
  });

  it('gives results of classification, which every writer takes', async () => {
    const text = await lastValueFrom(
      from([result([1, 0])]).pipe(similarTo({ east: [1, 0] }), writeWith(csvWriter()), toArray()),
    );
    expect(text.join('')).toBe('source,seq,timestamp,rank,index,label,score\r\na.jpg,0,0,1,0,east,1\r\n');
  });

  it('a vector of another length, or none, is an error with its frame, after the results before', async () => {
    for (const odd of [result([1, 2, 3], 1), { ...result([], 1), vector: undefined as never }]) {
      const { values, error } = await run(from([result([1, 0]), odd]).pipe(similarTo({ east: [1, 0] })));
      expect([values.length, (error as StageError).frame?.seq]).toEqual([1, 1]);
      expect(error).toBeInstanceOf(StageError);
      expect(String(error)).toContain('the references have 2 numbers each, but got a');
    }
  });

  it.each<[unknown, object, string]>([
    [{}, {}, 'similarTo takes references, { name: vector }'],
    [null, {}, 'similarTo takes references'],
    [[1, 2], {}, 'similarTo takes references'],
    [{ a: [] }, {}, '"a" must be a vector of finite numbers'],
    [{ a: [1, NaN] }, {}, '"a" must be a vector of finite numbers'],
    [{ a: 'x' }, {}, '"a" must be a vector of finite numbers'],
    [{ a: [[1], 2] }, {}, '"a" must be a vector of finite numbers'],
    [{ a: [0, 0] }, {}, 'the vector of "a" is zero, and has no direction'],
    [{ a: [1, 2], b: [1] }, {}, '"a" has 2 numbers, and "b" 1'],
    [{ a: [1] }, { top: 0 }, 'top must be'],
    [{ a: [1] }, { minScore: NaN }, 'minScore must be a number, not NaN'],
    [{ a: [1] }, { scale: -1 }, 'scale must be a number from 0'],
  ])('%j with %j is refused', (references, options, said) => {
    expect(() => similarTo(references as never, options)).toThrow(OptionError);
    expect(() => similarTo(references as never, options)).toThrow(said);
  });
});
