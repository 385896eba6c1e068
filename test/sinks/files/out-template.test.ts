import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OptionError } from 'sluice';
import { isTemplate, outPaths } from '../../../src/sinks/files/out-template.ts';

const one = (template: string, input: string, ext = 'csv') => outPaths(template, [input], ext).get(input);

describe('outPaths', () => {
  it.each([
    ['{dir}/{name}.{ext}', 'clips/a.mp4', 'clips/a.csv'],
    ['{dir}/{name}.{ext}', '/abs/clips/a.b.mp4', '/abs/clips/a.b.csv'],
    ['{dir}/{name}.{ext}', 'a.mp4', './a.csv'],
    ['{dir}/{name}.{ext}', '../a.mp4', '../a.csv'],
    ['{name}.vtt', 'clips/a', 'a.vtt'],
    ['{name}.vtt', '.hidden', '.hidden.vtt'],
    ['out/{file}.{ext}', 'clips/a.mp4', 'out/a.mp4.csv'],
    ['out/{dir}/{name}.csv', '/abs/a.mp4', 'out//abs/a.csv'],
    ['out/{dir}-{name}.csv', 'b/a.mp4', 'out/b-a.csv'],
    ['a{{b}}/{name}.csv', 'a.mp4', 'a{b}/a.csv'],
    ['{name}.csv', 'clips/a b "c" \n{name}.mp4', 'a b "c" \n{name}.csv'],
    ['out/{name}.csv', 'https://host/clips/a.mp4?x=../y', 'out/a.csv'],
    ['out/{name}.csv', 'https://host/', 'out/index.csv'],
    ['out/{name}.csv', 'https://host/..%2f..%2fetc%2fpasswd.mp4', 'out/..%2f..%2fetc%2fpasswd.csv'],
    ['../up/{name}.csv', 'a.mp4', '../up/a.csv'],
  ])('%s of %s is %s', (template, input, out) => {
    expect(one(template, input)).toBe(out);
  });

  it.each([
    ['{nmae}.csv', 'a.mp4', '{nmae} has no value'],
    ['{toString}.csv', 'a.mp4', '{toString} has no value'],
    ['{name.csv', 'a.mp4', '{ has no value'],
    ['name}.csv', 'a.mp4', '} has no value'],
    ['{}', 'a.mp4', '{} has no value'],
    ['{dir}/{name}.csv', 'https://host/a.mp4', 'https://host/a.mp4 is a URL and has no folder'],
    ['out/{dir}/{name}.csv', '../a.mp4', 'which is outside out'],
    ['out/{dir}/{name}.csv', '../../etc/a.mp4', 'which is outside out'],
    ['out/{name}/labels.csv', '/clips/...mp4', 'which is outside out'],
    ['{dir}/../{name}.csv', 'clips/a.mp4', 'which is outside clips'],
    ['{name}/../../x.csv', 'a.mp4', 'which is outside .'],
    ['{dir}', 'clips/a.mp4', 'which is outside clips'],
  ])('refuses %s of %s: %s', (template, input, message) => {
    expect(() => one(template, input)).toThrow(OptionError);
    expect(() => one(template, input)).toThrow(message);
  });

  it('refuses two inputs in one file, also where it is written otherwise', () => {
    expect(() => outPaths('{name}.csv', ['a/x.mp4', 'b/x.mov'], 'csv')).toThrow(
      '--out {name}.csv: a/x.mp4 and b/x.mov would both be written to x.csv',
    );
    expect(() => outPaths('{dir}/{name}.csv', ['x.mp4', './x.mov'], 'csv')).toThrow('both be written');
    expect(() => outPaths('{dir}/{file}.csv', ['x.mp4', 'x.mp4'], 'csv')).toThrow('x.mp4, given twice,');
    expect(() => outPaths('{ext}.csv', ['x.mp4', 'y.mp4'], 'csv')).toThrow('both be written to csv.csv');
    expect(outPaths('{dir}/{file}.csv', ['x.mp4', 'x.mov', 'y/x.mp4'], 'csv').size).toBe(3);
  });

  it('takes many files at once', () => {
    const inputs = Array.from({ length: 20_000 }, (_, i) => path.join('clips', `${i}.mp4`));
    expect(outPaths('{dir}/{name}.csv', inputs, 'csv').size).toBe(20_000);
  });
});

it.each([
  ['a.csv', false],
  ['-', false],
  ['{name}', true],
  ['a{', true],
])('%s is a template: %s', (out, is) => {
  expect(isTemplate(out)).toBe(is);
});
