import { tableFromIPC } from 'apache-arrow';
import { ParquetFile, readParquet } from 'parquet-wasm/node';
import { describe, expect, it } from 'vitest';
import { csvWriter, type Classification, type StoredResult } from 'sluice';
import { loadParquet } from 'sluice/node';
import { NASTY, resultOf, textOf } from '../../support/results.ts';

const parquetWriter = await loadParquet();

function bytesOf(results: readonly StoredResult<Classification>[], options?: { aggregated?: boolean }): Buffer {
  const writer = parquetWriter(options).open();
  return Buffer.concat([...results.map((result) => writer.write(result)), writer.end()]);
}

/** Read by Arrow's reader, which is strict. */
function table(bytes: Uint8Array) {
  return tableFromIPC(readParquet(bytes).intoIPCStream());
}

const read = (results: readonly StoredResult<Classification>[], options?: { aggregated?: boolean }) =>
  table(bytesOf(results, options))
    .toArray()
    .map((row: { toJSON(): Record<string, unknown> }) => row.toJSON());

describe('loadParquet', () => {
  it('writes a row for each class of each frame, with types', () => {
    expect(read([resultOf(0, 'cat', 'dog'), resultOf(3)])).toEqual([
      { source: 'clip.mp4', seq: 0, timestamp: 0n, rank: 1, index: 7, label: 'cat', score: 0.5 },
      { source: 'clip.mp4', seq: 0, timestamp: 0n, rank: 2, index: 8, label: 'dog', score: 0.25 },
      { source: 'clip.mp4', seq: 3, timestamp: 120_000n, rank: null, index: null, label: null, score: null },
    ]);
  });

  it('is a table without any result too, and with nothing but frames without a class', () => {
    expect(read([])).toEqual([]);
    expect(table(bytesOf([])).schema.names.join(',')).toBe(textOf(csvWriter(), []).trimEnd());
    expect(read([resultOf(0), resultOf(1)])).toMatchObject([
      { seq: 0, label: null },
      { seq: 1, label: null },
    ]);
  });

  it('keeps every label and source as it is', () => {
    const results = NASTY.map((text, i) => ({ ...resultOf(i, text), source: text }));
    expect(read(results).map(({ source, label }) => [source, label])).toEqual(NASTY.map((text) => [text, text]));
  });

  it('says how many frames, and to when, of results of several', () => {
    const second = { ...resultOf(0, 'cat'), timestamp: 90_000_000_001, end: 90_001_000_000, frames: 25 };
    expect(read([second], { aggregated: true })).toMatchObject([
      { timestamp: 90_000_000_001n, end: 90_001_000_000n, frames: 25 },
    ]);
  });

  it('writes a group when it is full, keeps no more, and gives the same bytes each time', async () => {
    const results = Array.from({ length: 60_000 }, (_, i) => resultOf(i, 'cat', 'dog'));
    const writer = parquetWriter().open();
    const sizes = results.map((result) => writer.write(result).length);
    const written = [...sizes.keys()].filter((i) => (sizes[i] ?? 0) > 0);
    // The first bytes of the file, then 50,000 rows at a time.
    expect(written).toEqual([0, 24_999, 49_999]);
    const bytes = bytesOf(results);
    expect(bytes.equals(bytesOf(results))).toBe(true);
    const file = await ParquetFile.fromFile(new Blob([Uint8Array.from(bytes)]));
    expect(
      file
        .metadata()
        .rowGroups()
        .map((group) => group.numRows()),
    ).toEqual([50_000, 50_000, 20_000]);
    const all = table(bytes);
    expect([all.numRows, all.get(119_999)?.toJSON()]).toMatchObject([120_000, { seq: 59_999, label: 'dog' }]);
  });

  it('writes null for a score that is no number', () => {
    const classes = [NaN, Infinity].map((score, index) => ({ index, label: 'x', score }));
    expect(read([{ ...resultOf(0), classes }]).map(({ score }) => score)).toEqual([null, null]);
  });
});
