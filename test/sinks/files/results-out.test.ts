import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../support/media.ts';
import { CLASSIFIED, resultOf } from '../../support/results.ts';
import { openResults, type ResultsOutOptions } from '../../../src/sinks/files/open-results.ts';

const of = (source: string, seq: number, ...labels: string[]) => ({ ...resultOf(seq, ...labels), source });

/** A folder with inputs in it, and what results of them go to. */
async function opened(names: readonly string[], out: string, options: Partial<ResultsOutOptions> = {}) {
  const folder = scratch();
  const inputs = names.map((name) => path.join(folder, name));
  for (const input of inputs) {
    mkdirSync(path.dirname(input), { recursive: true });
    writeFileSync(input, 'video');
  }
  const results = await openResults(inputs, { ...CLASSIFIED, ...options, out: path.join(folder, out) });
  return { folder, inputs, results, read: (name: string) => readFileSync(path.join(folder, name), 'utf8') };
}

describe('a file for each source', () => {
  it('has its name when its source is through, not at the end of the run', async () => {
    const { inputs, results, read } = await opened(['a.mp4', 'b.mp4'], 'out/{name}.{ext}', { format: 'csv' });
    const [a = '', b = ''] = inputs;
    results.write(of(a, 0, 'cat'));
    results.ended(a, true);
    expect(() => read('out/a.csv')).toThrow('ENOENT');
    results.write(of(b, 0, 'dog'));
    expect(read('out/a.csv').split('\r\n').length).toBe(3);
    results.ended(b, true);
    expect(await results.commit()).toEqual([]);
    expect(read('out/b.csv')).toContain('dog');
  });

  it('is whole and empty where a source was read and nothing was in it; is missing where it could not be', async () => {
    const { folder, inputs, results, read } = await opened(['a.jpg', 'b.jpg', 'c.jpg'], '{name}.json');
    const [a = '', b = '', c = ''] = inputs;
    results.ended(a, true);
    results.ended(b, false);
    results.ended(c, true);
    await results.commit();
    expect([read('a.json'), read('c.json')]).toEqual(['[]\n', '[]\n']);
    expect(readdirSync(folder).toSorted()).toEqual(['a.jpg', 'a.json', 'b.jpg', 'c.jpg', 'c.json']);
  });

  it('is kept in part, whole in its format, where its source breaks off', async () => {
    const { inputs, results, read, folder } = await opened(['a.mp4', 'b.mp4'], '{name}.json');
    const [a = '', b = ''] = inputs;
    results.write(of(a, 0, 'cat'));
    results.ended(a, false);
    results.write(of(b, 0, 'dog'));
    results.ended(b, true);
    expect(await results.commit()).toEqual([path.join(folder, 'a.json.partial')]);
    expect(JSON.parse(read('a.json.partial'))).toHaveLength(1);
    expect(JSON.parse(read('b.json'))).toHaveLength(1);
  });

  it('is kept in part when the run is interrupted, and those before it stand', async () => {
    const { inputs, results, folder } = await opened(['a.mp4', 'b.mp4', 'c.mp4'], '{name}.vtt');
    const [a = '', b = ''] = inputs;
    results.write(of(a, 0, 'cat'));
    results.ended(a, true);
    results.write(of(b, 0, 'dog'));
    expect(results.keepPartial()).toEqual([path.join(folder, 'b.vtt.partial')]);
    expect(readdirSync(folder).filter((name) => !name.endsWith('.mp4'))).toEqual(['a.vtt', 'b.vtt.partial']);
  });

  it('is given up when it cannot be written, with nothing left of it', async () => {
    const { inputs, results, folder } = await opened(['a.mp4', 'b.mp4'], 'x/{name}.csv');
    results.write(of(inputs[0] ?? '', 0, 'cat'));
    results.discard();
    expect(readdirSync(path.join(folder, 'x'))).toEqual([]);
    writeFileSync(path.join(folder, 'file'), '');
    const below = openResults(inputs, { ...CLASSIFIED, out: path.join(folder, 'file/{name}.csv') });
    await expect(below).rejects.toThrow(`cannot write ${folder}/file/a.csv: `);
  });

  it('that cannot be made any more is an error then, and none before', async () => {
    const { inputs, results, folder } = await opened(['a.mp4', 'b.mp4'], 'x/{name}.csv');
    expect(readdirSync(folder)).not.toContain('x');
    writeFileSync(path.join(folder, 'x'), '');
    expect(() => results.write(of(inputs[0] ?? '', 0))).toThrow(`cannot write ${folder}/x/a.csv: `);
  });

  it('is of no source but the inputs', async () => {
    const { results } = await opened(['a.mp4'], '{name}.csv');
    expect(() => results.write(of('toString', 0))).toThrow('which is not an input');
  });
});

describe('what is to be written twice', () => {
  it('is refused by whatever name, and nothing is there', async () => {
    const folder = scratch();
    const at = (name: string) => path.join(folder, name);
    writeFileSync(at('there.csv'), 'old');
    symlinkSync(at('there.csv'), at('link.csv'));
    const before = readdirSync(folder);
    for (const [out, report] of [
      ['new.csv', 'new.csv'],
      ['new.csv', './sub/../new.csv'],
      ['there.csv', 'link.csv'],
      ['{name}.csv', 'a.csv'],
    ] as const) {
      const both = openResults(['a.mp4'], { ...CLASSIFIED, out: at(out), report: `${folder}/${report}` });
      await expect(both).rejects.toMatchObject({
        code: 'option',
        message: expect.stringMatching(/^--out and --report would both be written to /) as string,
      });
    }
    expect([readdirSync(folder), readFileSync(at('there.csv'), 'utf8')]).toEqual([before, 'old']);
  });

  it('may be stdout, a device, and files of like names', async () => {
    const folder = scratch();
    for (const [out, report] of [
      ['-', '-'],
      ['/dev/null', '/dev/null'],
      [path.join(folder, 'a.csv'), path.join(folder, 'a.html')],
    ] as const)
      (await openResults(['a.mp4'], { ...CLASSIFIED, out, report })).discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('one file', () => {
  it('is in the format its name ends in, else NDJSON, if none is given', async () => {
    for (const [name, format, begins] of [
      ['x.csv', undefined, 'source,'],
      ['x.txt', undefined, '{"source"'],
      ['x.csv', 'json', '[\n{"source"'],
    ] as const) {
      const { inputs, results, read } = await opened(['a.mp4'], name, format ? { format } : {});
      results.write(of(inputs[0] ?? '', 0, 'cat'));
      await results.commit();
      expect(read(name).startsWith(begins)).toBe(true);
    }
  });

  it('kept in part is whole in its format; without a result there is none', async () => {
    const { inputs, results, read } = await opened(['a.mp4'], 'x.json');
    results.write(of(inputs[0] ?? '', 0, 'cat'));
    results.keepPartial();
    expect(JSON.parse(read('x.json.partial'))).toHaveLength(1);
    const nothing = await opened(['a.mp4'], 'x.csv');
    expect(nothing.results.keepPartial()).toEqual([]);
    expect(readdirSync(nothing.folder)).toEqual(['a.mp4']);
  });

  it('puts results together, the same from rounded scores', async () => {
    const texts = [0.123_456_4, 0.123_456].map(async (score) => {
      const { inputs, results, read } = await opened(['a.mp4', 'b.mp4'], 'x.ndjson', {
        per: 'file',
        taskOptions: { top: 1 },
      });
      for (const source of inputs) {
        for (const seq of [0, 1, 2]) {
          const result = { ...of(source, seq), classes: [{ index: 0, label: 'x', score }] };
          results.write(result);
        }
      }
      await results.commit();
      return read('x.ndjson').replaceAll(/"source":"[^"]*\/(.)\.mp4"/g, '$1');
    });
    const [one, two] = await Promise.all(texts);
    expect(one).toBe(
      ['a', 'b']
        .map(
          (name) =>
            `{${name},"seq":0,"timestamp":0,"end":120000,"frames":3,"classes":[{"index":0,"label":"x","score":0.123456}]}\n`,
        )
        .join(''),
    );
    expect(two).toBe(one);
  });
});

describe('what makes no sense is refused before anything is written', () => {
  it.each([
    ['subtitles of many files in one', { out: 'x.srt' }, "--out '{dir}/{name}.srt'"],
    ['subtitles of many files to stdout', { format: 'vtt' }, 'a vtt file holds the results of one input'],
    ['timings in csv', { format: 'csv', timings: true }, 'timings'],
    ['timings of seconds', { per: 'second', timings: true }, 'timings'],
    ['json for spreadsheets', { format: 'json', spreadsheet: true }, 'spreadsheet needs the format csv'],
    ['two inputs in one file', { out: 'x{ext}' }, 'both be written'],
  ] as const)('%s', async (_, options, message) => {
    await expect(openResults(['/none/a.mp4', '/none/b.mp4'], { ...CLASSIFIED, ...options })).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(message) as string,
    });
  });

  it('an input as output, also by a template', async () => {
    const folder = scratch();
    const input = path.join(folder, 'a.json');
    writeFileSync(input, 'video');
    for (const out of [input, '{dir}/{name}.json', '{dir}/{file}']) {
      await expect(openResults([input], { ...CLASSIFIED, out })).rejects.toMatchObject({ code: 'option' });
    }
    expect([readFileSync(input, 'utf8'), readdirSync(folder)]).toEqual(['video', ['a.json']]);
  });
});
