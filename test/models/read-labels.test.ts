import * as fc from 'fast-check';
import { readLabels, WeightsError } from 'sluice';
import { describe, expect, it } from 'vitest';
import { fittingLabels, imagenetLabels, numberedLabels } from '../../src/models/labels.ts';
import { MAX_LABELS } from '../../src/models/limits.ts';

const read = (content: string | Uint8Array, file = 'labels.txt') =>
  readLabels(typeof content === 'string' ? new TextEncoder().encode(content) : content, file);
const utf16 = (text: string, isBig: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return new Uint8Array(isBig ? bytes.swap16() : bytes);
};

describe('a list of cat, dog and hen', () => {
  it.each<[string, string, string | Uint8Array]>([
    ['one on each line', 'labels.txt', 'cat\ndog\nhen\n'],
    ['lines of Windows, and blank ones at the end', 'labels.txt', 'cat\r\ndog\r\nhen\r\n\r\n  \r\n'],
    ['lines of the old Mac', 'labels.txt', 'cat\rdog\rhen'],
    ['a byte order mark', 'labels.txt', '\uFEFFcat\ndog\nhen'],
    ['UTF-16 of Windows', 'labels.txt', utf16('cat\r\ndog\r\nhen\r\n', false)],
    ['UTF-16, the other way round', 'labels.txt', utf16('cat\ndog\nhen', true)],
    ['numbered from 0', 'labels.txt', '0 cat\n1 dog\n2 hen'],
    ['with colons', 'labels.txt', '0: cat\n1: dog\n2: hen'],
    ['with commas', 'labels.txt', '0,cat\n1,dog\n2,hen'],
    ['with tabs', 'labels.txt', '0\tcat\n1\tdog\n2\then'],
    ['from 1', 'labels.txt', '1 cat\n2 dog\n3 hen'],
    ['in another order', 'labels.txt', '2 hen\n0 cat\n1 dog'],
    ['synsets of WordNet', 'synset_words.txt', 'n02123045 cat\nn02084071 dog\nn01514668 hen'],
    ['a JSON list', 'labels.json', '["cat", "dog", "hen"]'],
    ['JSON after a byte order mark', 'labels.json', '\uFEFF["cat", "dog", "hen"]'],
    ['JSON in UTF-16', 'labels.json', utf16('["cat", "dog", "hen"]', false)],
    ['JSON in a text', 'labels.txt', '\n["cat", "dog", "hen"]\n'],
    ['an object by index', 'labels.json', '{"0": "cat", "2": "hen", "1": "dog"}'],
    ['an object by name', 'labels.json', '{"dog": 1, "cat": 0, "hen": 2}'],
    ['pairs of Keras', 'imagenet_class_index.json', '{"0": ["n0", "cat"], "1": ["n1", "dog"], "2": ["n2", "hen"]}'],
    ['metadata.json', 'metadata.json', '{"packageName": "x", "labels": ["cat", "dog", "hen"], "imageSize": 224}'],
    ['config.json', 'config.json', '{"id2label": {"0": "cat", "1": "dog", "2": "hen"}, "label2id": {"cat": 0}}'],
    ['config.json of timm', 'config.json', '{"num_classes": 3, "label_names": ["cat", "dog", "hen"]}'],
    ['a dict of Python', 'labels.txt', `{0: 'cat', 1: "dog",\n 2: 'hen',}`],
    ['a list of Python', 'labels.txt', "['cat', 'dog', 'hen']"],
    ['CSV', 'labels.csv', 'index,name\n0,cat\n1,dog\n2,hen\n'],
    ['CSV without titles', 'labels.csv', '0,cat\r\n1,dog\r\n2,hen\r\n'],
    ['CSV, the name first', 'labels.csv', 'Name;Class ID\ncat;0\nhen;2\ndog;1\n'],
    ['CSV of one column', 'labels.csv', 'cat\ndog\nhen\n'],
    ['CSV of one column with a title', 'labels.csv', 'label\ncat\ndog\nhen\n'],
    ['CSV with quotes', 'labels.csv', '0,"cat"\n1, "dog" \n2,hen'],
    ['CSV of three columns', 'labels.csv', 'index,mid,display_name\n0,/m/1,cat\n1,/m/2,dog\n2,/m/3,hen'],
    ['CSV with names alone', 'labels.csv', 'name,colour\ncat,grey\ndog,brown\nhen,white'],
    ['tabs', 'labels.tsv', 'id\tname\n0\tcat\n1\tdog\n2\then'],
    ['CSV by its titles', 'classes', 'id,name\n0,cat\n1,dog\n2,hen'],
  ])('%s', (_what, file, content) => {
    expect(read(content, file)).toEqual(['cat', 'dog', 'hen']);
  });
});

describe('names that look like something else', () => {
  it.each<[string, string, string[]]>([
    ['digits', '0\n1\n2', ['0', '1', '2']],
    ['names that begin with numbers', '7 days\n24 hours\n7 dwarfs', ['7 days', '24 hours', '7 dwarfs']],
    [
      'names with commas',
      'tench, Tinca tinca\ngoldfish, Carassius auratus',
      ['tench, Tinca tinca', 'goldfish, Carassius auratus'],
    ],
    ['numbered names with commas', '0 tench, Tinca tinca\n1 goldfish', ['tench, Tinca tinca', 'goldfish']],
    ['a name that is a number', '0 1\n1 2', ['1', '2']],
    ['names with spaces at the end', 'cat  \n dog', ['cat', 'dog']],
    ['other letters', 'żółw ✓\n猫', ['żółw ✓', '猫']],
    ['quotes and line breaks of Python', String.raw`{0: 'dog\'s', 1: "a\nb\x41\u00e9"}`, ["dog's", 'a\nbAé']],
    ['names of prototypes', '{"__proto__": 0, "constructor": 1}', ['__proto__', 'constructor']],
  ])('%s', (_what, text, labels) => {
    expect(read(text)).toEqual(labels);
  });
  it('a quoted cell with separators, quotes and line breaks', () => {
    expect(read('0,"a, ""b""\nc"\n1,d', 'labels.csv')).toEqual(['a, "b"\nc', 'd']);
  });
  it('a list of one', () => {
    expect(read('cat')).toEqual(['cat']);
    expect(read('0 cat')).toEqual(['cat']);
  });
});

describe('refuses', () => {
  it.each<[string, string, string | Uint8Array, string]>([
    ['an empty file', 'labels.txt', '', 'labels.txt is empty: it must have one class name on each line'],
    ['blank lines', 'labels.txt', '\n \r\n', 'labels.txt is empty'],
    ['an empty table', 'labels.csv', '\n\n', 'labels.csv is empty'],
    ['an empty line between names', 'labels.txt', 'cat\n\ndog', 'labels.txt: line 2 is empty'],
    ['a gap', 'labels.txt', '0 cat\n1 dog\n3 hen', 'labels.txt: line 3 must begin with the index 2'],
    ['a line without an index', 'labels.txt', '1: cat\n2: dog\nhen', 'labels.txt: line 3 must begin with the index 3'],
    ['an index twice', 'labels.json', '{"0": "cat", "00": "dog"}', 'has 2 class names, but the index 0 twice'],
    ['a gap in JSON', 'labels.json', '{"0": "cat", "5": "dog"}', 'no name for the index 1: number them from 0'],
    ['a huge index', 'labels.json', '{"0": "cat", "999999999": "dog"}', 'no name for the index 1'],
    ['a gap in Python', 'labels.txt', "{0: 'cat', 2: 'dog'}", 'no name for the index 1'],
    ['a number for a name', 'labels.json', '{"0": "cat", "1": 7}', 'is not a list of class names'],
    ['an object of both', 'labels.json', '{"0": "cat", "dog": 1}', 'is not a list of class names'],
    ['numbers that are not whole', 'labels.json', '{"cat": 0.5, "dog": 1}', 'is not a list of class names'],
    ['labels that are numbers', 'metadata.json', '{"labels": [1, 2]}', 'metadata.json (labels) is not a list'],
    ['a prototype for an index', 'labels.json', '{"__proto__": "cat"}', 'is not a list of class names'],
    ['text in a .json', 'labels.json', 'cat\ndog', 'labels.json is not JSON'],
    ['half a dict', 'labels.txt', "{0: 'cat', 1: 'do", 'labels.txt is not JSON'],
    ['code', 'labels.txt', "{0: open('x')}", 'labels.txt is not JSON'],
    ['a dict with a name for an index', 'labels.txt', "{'a': 'b'}", 'labels.txt is not JSON'],
    [
      'rows of different lengths',
      'labels.csv',
      '0,cat\n1\n',
      'labels.csv: row 2 has 1 columns, but the first one has 2',
    ],
    ['columns that nothing names', 'labels.csv', 'a,b,c\nd,e,f', 'has 3 columns: give it the titles index and name'],
    ['two columns of names', 'labels.csv', 'tench,tinca\ncarp,carpio', 'has 2 columns: give it the titles'],
    ['an index that is none', 'labels.csv', 'id,name\n0,cat\nx,dog', 'labels.csv: row 3 has no whole number'],
    ['a picture', 'labels.txt', Uint8Array.of(0xff, 0xd8, 0xff, 0), 'labels.txt is not text in UTF-8'],
    ['Latin-1', 'labels.txt', Uint8Array.of(0x53, 0xe9), 'labels.txt is not text in UTF-8: save it as UTF-8'],
  ])('%s', (_what, file, content, message) => {
    expect(() => read(content, file)).toThrow(WeightsError);
    expect(() => read(content, file)).toThrow(message);
  });
  it('what is too long', () => {
    expect(() => read(new Uint8Array(MAX_LABELS + 1))).toThrow('labels.txt is longer than the limit of');
    expect(() => read('a\n'.repeat(1_000_001))).toThrow('has 1000001 class names, more than the limit of 1000000');
  });
  it('long lines without taking long', () => {
    // Each took a second or more if it took the square of its length.
    expect(read(`"${'""'.repeat(2e6)}`, 'labels.csv')).toHaveLength(1);
    expect(read(`{0: '${String.raw`\\`.repeat(2e6)}'}`)).toHaveLength(1);
    expect(read(`0${' '.repeat(4e6)}a\u2028b`)).toHaveLength(1);
    expect(() => read('{0: "a",'.repeat(5e5))).toThrow(WeightsError);
  });
});

it('reads back what was written, with whatever names', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (labels) => {
      expect(read(JSON.stringify(labels), 'labels.json')).toEqual(labels);
      const csv = labels.map((label, i) => `${i},"x${label.replaceAll('"', '""')}"`).join('\n');
      expect(read(csv, 'labels.csv')).toEqual(labels.map((label) => `x${label}`.trim()));
    }),
  );
});

it('whatever it is given, it reads names or throws a WeightsError', () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    ' ',
    ',',
    ':',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '\n',
    '\r\n',
    '\\',
    'cat',
    'name',
  );
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom('a.txt', 'a.csv', 'a.json'), (pieces, file) => {
      try {
        expect(read(pieces.join(''), file).every((label) => typeof label === 'string')).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsError);
      }
    }),
    { numRuns: 2000 },
  );
});

describe('as many labels as scores', () => {
  const warned = (labels: readonly string[], classes: number) => {
    const warnings: [string, string][] = [];
    const fitting = fittingLabels('m.json', labels, classes, (message, code) => warnings.push([code, message]));
    return { fitting, warnings };
  };
  const thousand = Array.from({ length: 1000 }, (_, i) => (i === 0 ? 'tench, Tinca tinca' : `class ${i}`));

  it('are used as they are', () => {
    expect(warned(['a', 'b'], 2)).toEqual({ fitting: ['a', 'b'], warnings: [] });
    expect(warned(['background', 'b'], 2).fitting).toEqual(['background', 'b']);
  });
  it.each(['background', 'Background', '__background__', 'dummy'])('but for %s', (background) => {
    const { fitting, warnings } = warned([background, 'cat', 'dog'], 2);
    expect(fitting).toEqual(['cat', 'dog']);
    expect(warnings).toEqual([
      ['labels', `m.json gives 2 scores, and there are 3 labels: the first one, ${background}, is left out`],
    ]);
  });
  it('1,001 names of ImageNet for 1,000 scores, and 1,000 for 1,001', async () => {
    const names = await imagenetLabels();
    expect(names).toHaveLength(1001);
    expect(warned(names, 1000).fitting.slice(0, 2)).toEqual(['tench', 'goldfish']);
    // Whoever asks for these names need not hear of it; whoever has them in a file does.
    expect([warned(names, 1000).warnings, warned([...names], 1000).warnings.length]).toEqual([[], 1]);
    expect(warned(names, 1001)).toEqual({ fitting: names, warnings: [] });
    const { fitting, warnings } = warned(thousand, 1001);
    expect([fitting.length, fitting[0], fitting[1]]).toEqual([1001, 'background', thousand[0]]);
    expect(warnings[0]).toEqual(['labels', expect.stringContaining('background is put before them')]);
  });
  it.each([
    [
      ['cat', 'dog', 'hen'],
      2,
      /^m\.json gives 2 scores and needs one label for each, but got 3 labels\. One list may have a class for the background/,
    ],
    [['cat'], 2, /gives 2 scores .* got 1 labels.* add or remove its name$/],
    [['cat'], 5, /gives 5 scores .* got 1 labels\. Give the labels of this model$/],
    [[], 1000, /gives 1000 scores .* got 0 labels/],
    [thousand.slice(1), 1000, /gives 1000 scores .* got 999 labels/],
    [[...thousand.slice(1), 'x'], 1001, /gives 1001 scores .* got 1000 labels/],
  ])('else it is an error that names both counts', (labels, classes, message) => {
    expect(() => fittingLabels('m.json', labels, classes)).toThrow(WeightsError);
    expect(() => fittingLabels('m.json', labels, classes)).toThrow(message);
  });
  it('names the classes of a model without labels by number, and offers those of ImageNet', () => {
    const messages: string[] = [];
    const numbered = (classes: number) => numberedLabels('m.json', classes, (message) => messages.push(message));
    expect(numbered(2)).toEqual(['class 0', 'class 1']);
    expect(messages).toEqual([]);
    expect(numbered(1000)).toHaveLength(1000);
    expect(messages).toEqual([expect.stringContaining("labels: 'imagenet' (--labels imagenet)")]);
    expect(numbered(1001)[1000]).toBe('class 1000');
    expect(messages).toHaveLength(2);
  });
});
