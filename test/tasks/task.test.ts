import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  act,
  aggregate,
  classification,
  csvWriter,
  embedding,
  jsonWriter,
  ndjsonWriter,
  OptionError,
  regression,
  segments,
  srtWriter,
  taskFromSpec,
  webvttWriter,
  writeWith,
  type ResultWriter,
  type StoredResult,
} from 'sluice';
import { loadParquet, RunRecorder } from 'sluice/node';
import { openResults } from '../../src/sinks/files/open-results.ts';
import { scratch } from '../support/media.ts';
import { brightness, type Brightness } from './own-task.ts';

/** Four frames a second, each with one of these values. */
const results = (...values: number[]): StoredResult<Brightness>[] =>
  values.map((value, seq) => ({ source: 'clip.mp4', seq, timestamp: seq * 250_000, value }));

const written = async (writer: ResultWriter<string, Brightness>, ...values: number[]) =>
  (await lastValueFrom(from(results(...values)).pipe(writeWith(writer), toArray()))).join('');

describe('sinks ask the task', () => {
  it('CSV has its columns and rows', async () => {
    expect(await written(csvWriter({ task: brightness }), 0.123, 0.75)).toBe(
      'source,seq,timestamp,value\r\nclip.mp4,0,0,0.12\r\nclip.mp4,1,250000,0.75\r\n',
    );
    const aggregated = csvWriter({ task: brightness, aggregated: true });
    expect(await written(aggregated)).toBe('source,seq,timestamp,end,frames,value\r\n');
  });

  it('NDJSON and JSON have its fields, as files hold them', async () => {
    expect(await written(ndjsonWriter({ task: brightness }), 0.123)).toBe(
      '{"source":"clip.mp4","seq":0,"timestamp":0,"value":0.12}\n',
    );
    expect(JSON.parse(await written(jsonWriter({ task: brightness }), 0.123))).toEqual([
      { source: 'clip.mp4', seq: 0, timestamp: 0, value: 0.12 },
    ]);
  });

  it('subtitles have its first captions', async () => {
    expect(await written(srtWriter({ task: brightness }), 0.3, 0.4, 0.6, 0.1)).toBe(
      '1\n00:00:00,000 --> 00:00:00,500\ndim\n\n2\n00:00:00,500 --> 00:00:00,750\nbright\n\n',
    );
    expect(await written(webvttWriter({ task: brightness }), 0.1)).toBe('WEBVTT\n\n');
  });

  it('Parquet has its typed columns', async () => {
    const file = (await loadParquet())({ task: brightness }).open();
    const bytes = Buffer.concat([file.write(results(0.5)[0] as StoredResult<Brightness>), file.end()]);
    expect(bytes.toString('latin1')).toContain('value');
    expect(bytes.toString('latin1')).not.toContain('score');
  });

  it('a file of results is opened for it, with its aggregates', async () => {
    const out = `${scratch()}/all.csv`;
    const open = await openResults(['clip.mp4'], { task: brightness, taskOptions: {}, out, per: 'second' });
    for (const result of results(0, 0.5, 0.5, 1, 1)) open.write(result);
    expect(await open.commit()).toEqual([]);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(out, 'utf8').split('\r\n').slice(1, 3)).toEqual([
      'clip.mp4,0,0,1000000,4,0.5',
      'clip.mp4,4,1000000,1250000,1,1',
    ]);
  });

  it('a report shows its captions over time', () => {
    const recorder = new RunRecorder({ task: brightness });
    for (const result of results(0.3, 0.4, 0.9)) recorder.take(result);
    const end = { elapsedSeconds: 1, engine: 'cpu', frames: { decoded: 3, failed: 0 } };
    expect(recorder.record(end).files[0]?.segments.map(({ label }) => label)).toEqual(['dim', 'bright']);
  });
});

describe('operators ask the task', () => {
  it('aggregate takes its aggregator and its captions for labels', async () => {
    const scenes = from(results(0.3, 0.4, 0.9)).pipe(aggregate('label', { task: brightness }), toArray());
    expect((await lastValueFrom(scenes)).map(({ value, frames }) => [frames, value.toFixed(2)])).toEqual([
      [2, '0.35'],
      [1, '0.90'],
    ]);
  });

  it('aggregate refuses options that are not the task’s', () => {
    expect(() => aggregate('second', { task: brightness, top: 1 } as never)).toThrow(OptionError);
    expect(() => aggregate('second', { scale: 1 } as never)).toThrow(/no option "scale"/);
    expect(() => aggregate('minute' as 'second')).toThrow(/span must be second, scene, label or file, not "minute"/);
  });

  it('segments takes its captions', async () => {
    const found = await lastValueFrom(from(results(0.3, 0.4, 0.9)).pipe(segments(brightness), toArray()));
    expect(found.map(({ label, peakScore }) => [label, peakScore])).toEqual([
      ['dim', 0.4],
      ['bright', 0.9],
    ]);
  });
});

describe('taskFromSpec', () => {
  it('makes the task again from its JSON', () => {
    for (const task of [
      classification(),
      classification({ outputKind: 'logits' }),
      classification({ outputKind: 'binary', fromLogits: true }),
      regression(),
      embedding(),
      act(),
      act({ outputKind: 'logits' }),
    ]) {
      expect(taskFromSpec(JSON.parse(JSON.stringify(task.spec))).spec).toEqual(task.spec);
    }
  });

  it.each([[undefined], [null], ['classification'], [{}], [{ kind: 'toString' }], [{ kind: 7 }]])(
    'refuses %j',
    (spec) => {
      expect(() => taskFromSpec(spec)).toThrow(/^a task must be \{ kind \} with one of classification, [a-z, ]+, not /);
    },
  );

  it.each([
    [{ kind: 'classification', outputKind: 'marks' }, /outputKind must be one of scores, logits, binary, multiLabel/],
    [{ kind: 'classification', fromLogits: true }, /fromLogits is for binary and multiLabel, not for scores/],
    [{ kind: 'classification', temperature: 2 }, /no option "temperature"/],
    [{ kind: 'regression', unit: 'years' }, /no option "unit"/],
  ])('refuses the settings of %j', (spec, message) => {
    expect(() => taskFromSpec(spec)).toThrow(message);
  });
});
