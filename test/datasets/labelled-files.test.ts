import { linkSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OptionError } from 'sluice';
import { beforeEach, describe, expect, it } from 'vitest';
import { readLabelledFiles } from '../../src/datasets/read-labelled-files.ts';
import { splitFiles } from '../../src/datasets/split-files.ts';

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'labelled-'));
  said = [];
});

const place = (name: string, content = 'x'): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};
const read = (data = folder) => {
  const { labels, files } = readLabelledFiles(data, (kind, message) => said.push(`${kind}: ${message}`));
  return { labels, files: files.map((file) => [path.relative(folder, file.path), file.target]) };
};

describe('a folder', () => {
  it('has a folder for each class, sorted by name, with files at any depth', () => {
    for (const name of ['dog/b.jpg', 'dog/a.png', 'cat/deep/er/1.mp4', 'ant/x.webp']) place(name);
    expect(read()).toEqual({
      labels: ['ant', 'cat', 'dog'],
      files: [
        ['ant/x.webp', 0],
        ['cat/deep/er/1.mp4', 1],
        ['dog/a.png', 2],
        ['dog/b.jpg', 2],
      ],
    });
    expect(said).toEqual([]);
  });

  it('leaves out hidden folders, files beside the folders, and what is no picture or video, and says so', () => {
    for (const name of ['a/1.jpg', 'b/1.jpg', 'b/notes.txt', '.cache/2.jpg', 'loose.jpg', '.DS_Store']) place(name);
    expect(read().files).toEqual([
      ['a/1.jpg', 0],
      ['b/1.jpg', 1],
    ]);
    expect(said).toEqual([
      `warning: ${folder}: left out 1 file that lies in no folder of a class`,
      `note: ${path.join(folder, 'b')}: left out 1 file that is no video or picture (1 .txt)`,
    ]);
  });

  it('may have 100,000 files', () => {
    const counts = { few: 10_000, many: 90_000 };
    for (const [label, count] of Object.entries(counts)) {
      let first = '';
      for (let i = 0; i < count; i++) {
        // A file may have some ten thousand names.
        if (i % 30_000 === 0) first = place(`${label}/${i}.jpg`);
        else linkSync(first, path.join(folder, label, `${i}.jpg`));
      }
    }
    const found = readLabelledFiles(folder, () => undefined);
    const { learned, heldOut } = splitFiles(found, 0.2, 1);
    const per = (files: typeof learned) =>
      [0, 1].map((target) => files.filter((file) => file.target === target).length);
    expect([found.labels, per(found.files)]).toEqual([
      ['few', 'many'],
      [10_000, 90_000],
    ]);
    expect([per(learned), per(heldOut)]).toEqual([
      [8000, 72_000],
      [2000, 18_000],
    ]);
  });

  it('may link to the folders of classes', () => {
    place('a/1.jpg');
    place('elsewhere/b/2.jpg');
    const data = path.join(folder, 'data');
    mkdirSync(data);
    symlinkSync(path.join(folder, 'a'), path.join(data, 'a'));
    symlinkSync(path.join(folder, 'elsewhere/b'), path.join(data, 'b'));
    symlinkSync(path.join(folder, 'nowhere'), path.join(data, 'c'));
    expect(read(data).labels).toEqual(['a', 'b']);
  });

  it.each<[string, readonly string[], string]>([
    ['no folders', ['1.jpg'], 'the folder has no folders: give one with a folder for each class'],
    ['one class', ['a/1.jpg'], 'all files are of one class, a: a model tells classes apart'],
    ['a class without pictures', ['a/1.jpg', 'b/notes.txt'], 'b: the folder contains no video or picture, only 1 file'],
  ])('with %s is refused', (_, names, message) => {
    for (const name of names) place(name);
    expect(() => read()).toThrow(OptionError);
    expect(() => read()).toThrow(message);
  });

  it('that is empty, or does not exist, is refused', () => {
    expect(() => read()).toThrow('the folder has no folders');
    expect(() => read(path.join(folder, 'gone'))).toThrow(
      'there is no such folder or file: give a folder with one folder',
    );
  });
});

describe('a CSV file', () => {
  const csv = (text: string) => read(place('list.csv', text));
  beforeEach(() => ['1.jpg', 'in/2.jpg', 'a,b.jpg'].forEach((name) => place(name)));

  it.each([
    ['without a heading', '1.jpg,dog\nin/2.jpg,cat\n'],
    ['with one', 'path,label\n1.jpg,dog\nin/2.jpg,cat'],
    ['with its columns in another order, and others', 'id,Class,Filename\n7,dog,1.jpg\n8,cat,in/2.jpg\n'],
    [
      'with a mark at the beginning, line ends of Windows and empty lines',
      '\uFEFFfile,class\r\n\r\n1.jpg, dog\r\nin/2.jpg,cat\r\n',
    ],
  ])('%s names files relative to its folder', (_, text) => {
    expect(csv(text)).toEqual({
      labels: ['cat', 'dog'],
      files: [
        ['1.jpg', 1],
        ['in/2.jpg', 0],
      ],
    });
  });

  it('may quote names with commas, and name files anywhere', () => {
    expect(csv(`"a,b.jpg",one\n${path.join(folder, '1.jpg')},two\n`).files).toEqual([
      ['a,b.jpg', 0],
      ['1.jpg', 1],
    ]);
  });

  it('may name files that do not exist: they are left out, named and counted', () => {
    const gone = ['x.jpg', 'y.jpg', 'z.jpg', '[w]*.jpg'].map((name) => `${name},cat\n`).join('');
    expect(csv(`${gone}1.jpg,dog\nin/2.jpg,cat\n`).files.length).toBe(2);
    expect(said).toEqual([
      expect.stringMatching(
        /^warning: .*list\.csv: left out 4 files that do not exist: .*x\.jpg, .*y\.jpg, .*z\.jpg and 1 more$/,
      ),
    ]);
  });

  it.each<[string, string, string]>([
    ['is empty', '', 'names no files'],
    ['names files without labels', '1.jpg\nin/2.jpg\n', 'line 1 needs a path and a label: picture.jpg,cat'],
    ['lacks one label', '1.jpg,dog\nin/2.jpg,\n', 'line 2 needs a path and a label'],
    ['lacks one label after empty lines', 'path,label\n\n1.jpg,dog\r\n\r\n\r\nin/2.jpg,', 'line 6 needs a path'],
    [
      'lacks one label after line breaks in quotes',
      '"a\nb.jpg",dog\n"c\r\n.jpg",cat\nin/2.jpg,\n',
      'line 5 needs a path',
    ],
    ['names a file as two classes', '1.jpg,dog\n./1.jpg,cat\n', 'line 2 names'],
    ['names a file twice', '1.jpg,dog\n1.jpg,dog\n', 'again: name each file once'],
    ['names a URL', 'https://example.org/1.jpg,dog\n', 'line 1 names a URL: download the file'],
    ['names only files that do not exist', 'x.jpg,dog\ny.jpg,cat\n', 'none of the 2 files that it names exists'],
    ['is of one class', '1.jpg,dog\nin/2.jpg,dog\n', 'all files are of one class, dog'],
    ['has a quote that does not end', '"1.jpg,dog\n', 'is not a CSV file of paths and labels'],
  ])('that %s is refused', (_, text, message) => {
    expect(() => csv(text)).toThrow(OptionError);
    expect(() => csv(text)).toThrow(message);
  });

  it('may have a class that is called __proto__ or constructor', () => {
    expect(csv('1.jpg,__proto__\nin/2.jpg,constructor\n').labels).toEqual(['__proto__', 'constructor']);
  });
});
