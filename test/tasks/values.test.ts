import * as tf from '@tensorflow/tfjs-core';
import { from, lastValueFrom, toArray } from 'rxjs';
import {
  aggregate,
  csvWriter,
  embedding,
  ndjsonWriter,
  OptionError,
  regression,
  ShapeError,
  srtWriter,
  useEngine,
  webvttWriter,
  writeWith,
  type OutputReader,
} from 'sluice';
import { loadParquet } from 'sluice/node';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { openResults } from '../../src/sinks/files/open-results.ts';

beforeAll(() => useEngine('cpu'));

async function read<T extends object>(reader: OutputReader<T>, numbers: number[], shape = [1, numbers.length]) {
  const output = tf.tensor(numbers, shape);
  try {
    reader.checkShape(output.shape);
    return await reader.read(output);
  } finally {
    output.dispose();
  }
}

const rowsOf = (parquet: Uint8Array): object[] =>
  tableFromIPC(readParquet(parquet).intoIPCStream())
    .toArray()
    .map((row: { toJSON(): object }) => row.toJSON());

const frame = (seq: number) => ({ source: 'clip.mp4', seq, timestamp: seq * 250_000 });

describe('regression', () => {
  it('reads one value', async () => {
    expect(await read(regression().reader([]), [31.25])).toEqual({ value: 31.25 });
    expect(await read(regression().reader(undefined), [-4], [1, 1, 1, 1])).toEqual({ value: -4 });
  });

  it('is written as a value', async () => {
    const results = from([0.1, 1 / 3, 1234.56789].map((value, seq) => ({ ...frame(seq), value })));
    const text = async (writer: ReturnType<typeof csvWriter<{ value: number }>>) =>
      (await lastValueFrom(results.pipe(writeWith(writer), toArray()))).join('');
    expect(await text(csvWriter({ task: regression() }))).toBe(
      'source,seq,timestamp,value\r\nclip.mp4,0,0,0.1\r\nclip.mp4,1,250000,0.3333333\r\nclip.mp4,2,500000,1234.568\r\n',
    );
    expect((await text(ndjsonWriter({ task: regression() }))).split('\n')[0]).toBe(
      '{"source":"clip.mp4","seq":0,"timestamp":0,"value":0.1}',
    );
    expect(await text(srtWriter({ task: regression() }))).toContain('00:00:00,250 --> 00:00:00,500\n0.333\n');
  });

  it('is a number in Parquet', async () => {
    const file = (await loadParquet())({ task: regression() }).open();
    const bytes = Buffer.concat([file.write({ ...frame(0), value: 2.5 }), file.end()]);
    expect(rowsOf(bytes)).toEqual([{ source: 'clip.mp4', seq: 0, timestamp: 0n, value: 2.5 }]);
  });

  it('has the mean of a second', async () => {
    const results = from([1, 2, 3, 6, 8].map((value, seq) => ({ ...frame(seq), value })));
    const means = await lastValueFrom(results.pipe(aggregate('second', { task: regression() }), toArray()));
    expect(means.map(({ value, frames }) => [value, frames])).toEqual([
      [3, 4],
      [8, 1],
    ]);
  });

  it.each([
    ['several values', [1, 2], /needs one value for a frame, \[1, 1\], but got \[1, 2\]/, ShapeError],
    ['no number', [NaN], /the value is not a number/, RangeError],
  ])('refuses %s', async (_, numbers, message, kind) => {
    await expect(read(regression().reader([]), numbers)).rejects.toThrow(message);
    await expect(read(regression().reader([]), numbers)).rejects.toThrow(kind);
  });

  it('refuses labels and options of classes', () => {
    expect(() => regression().reader(['age'])).toThrow(OptionError);
    expect(() => aggregate('second', { task: regression(), top: 1 } as never)).toThrow(/no option "top"/);
  });

  it('an infinite value is null in files', () => {
    expect(JSON.stringify(regression().stored({ value: Infinity }))).toBe('{"value":null}');
    expect(regression().captions({ value: Infinity })).toEqual([{ label: 'Infinity', score: Infinity }]);
  });
});

describe('embedding', () => {
  it('reads a vector, rows first', async () => {
    expect(await read(embedding().reader([]), [1, 2, 3])).toEqual({ vector: [1, 2, 3] });
    expect(await read(embedding().reader([]), [1, 2, 3, 4], [1, 2, 2])).toEqual({ vector: [1, 2, 3, 4] });
  });

  it('is written as a vector', async () => {
    const results = from([{ ...frame(0), vector: [0.25, -1 / 3] }]);
    const csv = await lastValueFrom(results.pipe(writeWith(csvWriter({ task: embedding() })), toArray()));
    expect(csv.join('')).toBe('source,seq,timestamp,vector\r\nclip.mp4,0,0,"[0.25,-0.3333333]"\r\n');
    const json = await lastValueFrom(results.pipe(writeWith(ndjsonWriter({ task: embedding() })), toArray()));
    expect(JSON.parse(json.join(''))).toMatchObject({ vector: [0.25, -0.3333333] });
  });

  it('is JSON text in Parquet', async () => {
    const file = (await loadParquet())({ task: embedding() }).open();
    const bytes = Buffer.concat([file.write({ ...frame(0), vector: [0.5, 2] }), file.end()]);
    expect(rowsOf(bytes)).toMatchObject([{ vector: '[0.5,2]' }]);
  });

  it('has the mean vector of a file', async () => {
    const results = from([
      { ...frame(0), vector: [1, 2] },
      { ...frame(1), vector: [3, 4] },
    ]);
    const [mean] = await lastValueFrom(results.pipe(aggregate('file', { task: embedding() }), toArray()));
    expect(mean?.vector).toEqual([2, 3]);
  });

  it('has no captions, so subtitles and drawn videos are refused', async () => {
    expect(() => webvttWriter({ task: embedding() })).toThrow(
      /holds captions, but results of the task embedding have none/,
    );
    expect(() => srtWriter({ task: embedding() })).toThrow(OptionError);
    const open = openResults(['clip.mp4'], { task: embedding(), taskOptions: {}, annotate: 'drawn.mp4' });
    await expect(open).rejects.toThrow(/--annotate draws captions, but results of the task embedding have none/);
  });

  it('refuses a batch, a value that is not a number, and labels', async () => {
    await expect(read(embedding().reader([]), [1, 2], [2, 1])).rejects.toThrow(ShapeError);
    await expect(read(embedding().reader([]), [1, NaN])).rejects.toThrow(/value 1 of the vector is not a number/);
    expect(() => embedding().reader(['x'])).toThrow(OptionError);
  });
});
