import { WeightsError } from 'sluice';
import { describe, expect, it } from 'vitest';
import { FileBytes } from '../../../src/models/hdf5/file-bytes.ts';
import type { Hdf5Object } from '../../../src/models/hdf5/hdf5-object.ts';
import { openHdf5 } from '../../../src/models/hdf5/open-hdf5.ts';
import { fixture } from '../keras/fixtures.ts';

const FORMS = ['forms-earliest.h5', 'forms-latest.h5'] as const;
const open = (name: string, bytes = fixture(name)) => openHdf5(name, bytes);
const numbersOf = (root: Hdf5Object, name: string) => root.get(name)?.dataset()?.numbers();
const floats = (root: Hdf5Object, name: string) => [
  ...new Float32Array(Uint8Array.from(numbersOf(root, name)?.bytes ?? []).buffer),
];
const COUNT = Array.from({ length: 105 }, (_, i) => i);

describe.each(FORMS)('%s', (name) => {
  const root = open(name);

  it.each([
    ...['float<f4', 'float>f4', 'float<f8', 'float>f8'],
    ...['chunks', 'deflate', 'shuffle', 'checksum', 'one', 'one-packed'],
  ])('%s', (dataset) => {
    expect(root.get(dataset)?.dataset()?.shape).toEqual([7, 5, 3]);
    expect(numbersOf(root, dataset)?.dtype).toBe('float32');
    expect(floats(root, dataset)).toEqual(COUNT);
  });

  it('half floats stay as they are, little-endian', () => {
    const [little, big] = ['float<f2', 'float>f2'].map((dataset) => numbersOf(root, dataset));
    expect(little).toMatchObject({ dtype: 'float16' });
    expect(big).toEqual(little);
    // 1 is 0x3c00.
    expect([...(little?.bytes ?? [])].slice(0, 4)).toEqual([0, 0, 0, 0x3c]);
  });

  it('brain floats become float32', () => {
    expect(floats(root, 'bfloat16')).toEqual([1.5, -2, 3.140625]);
    const own = root.get('bfloat16 of Keras');
    const { dtype, bytes } = own?.dataset()?.numbers(own.texts('dtype')?.[0]) ?? {};
    expect(dtype).toBe('float32');
    expect([...new Float32Array(Uint8Array.from(bytes ?? []).buffer)]).toEqual([1.5, -2, 3.140625]);
    expect(own?.dataset()?.numbers().dtype).toBe('other');
  });
  it('values in the header', () => expect(floats(root, 'compact')).toEqual([1, 2, 3]));

  it('one value, and none', () => {
    expect(root.get('scalar')?.dataset()?.shape).toEqual([]);
    expect(floats(root, 'scalar')).toEqual([3.5]);
    expect(root.get('empty')?.dataset()?.shape).toEqual([0, 3]);
    expect(floats(root, 'empty')).toEqual([]);
  });

  it('whole numbers keep their type', () => expect(numbersOf(root, 'int64')?.dtype).toBe('int64'));

  it('values that are not packed are a view of the file', () => {
    const bytes = fixture(name);
    expect(numbersOf(open(name, bytes), 'float<f4')?.bytes.buffer).toBe(bytes.buffer);
  });

  it('texts', () => {
    expect(root.texts('long')).toEqual(['x'.repeat(70_000)]);
    expect(root.texts('fixed')).toEqual(['abc']);
    expect(root.texts('list')).toEqual(['a', 'bcd', 'ü']);
    expect(root.texts('texts')).toEqual(['one', '', 'three']);
    expect(root.texts('none')).toEqual([]);
    expect(root.texts('missing')).toBeUndefined();
    expect(() => root.texts('number')).toThrow('its attribute number is not a text');
    for (let i = 0; i < 300; i++) expect(root.texts(`attribute ${i}`)).toEqual([`value ${i}`]);
  });

  it('groups: many links, links to nothing, and a group in itself', () => {
    expect(root.get('groups')?.names().toSorted()).toEqual(COUNT.slice(0, 0).concat(range(300)).map(String).toSorted());
    expect(root.get('groups/299/inner')?.names()).toEqual([]);
    expect(root.get('circle/circle/circle/scalar')?.dataset()?.shape).toEqual([]);
    for (const missing of ['soft', 'elsewhere', 'nothing', 'groups/300', '', '/', '__proto__', 'scalar/x']) {
      expect(root.get(missing), missing).toBeUndefined();
    }
    expect(root.get('groups')?.dataset()).toBeUndefined();
  });

  it('what is not there or not supported is an error that says so', () => {
    expect(() => numbersOf(root, 'missing')).toThrow('a dataset has 1 of 2 chunks');
    expect(() => numbersOf(root, 'lzf')).toThrow(
      'values packed by filter 32000, which is not supported: save the model',
    );
  });
});

const range = (length: number) => Array.from({ length }, (_, i) => i);

describe('damaged files', () => {
  const good = fixture('sequential-keras2.h5');
  const text = (bytes: Uint8Array) => String.fromCodePoint(...bytes.subarray(0, 4));
  const find = (bytes: Uint8Array, signature: string) => {
    for (let i = 0; i < bytes.length; i += 8) if (text(bytes.subarray(i)) === signature) return i;
    throw new Error(`no ${signature}`);
  };
  const patched = (patch: (copy: Uint8Array, view: DataView) => void, bytes = good) => {
    const copy = Uint8Array.from(bytes);
    patch(copy, new DataView(copy.buffer));
    return copy;
  };
  const all = (bytes: Uint8Array) => {
    const root = openHdf5('bad.h5', bytes);
    const visit = (object: Hdf5Object, depth: number) => {
      object.texts('weight_names');
      if (object.dataset()) object.dataset()?.numbers();
      else if (depth < 9) for (const name of object.names()) visit(object.get(name) as Hdf5Object, depth + 1);
    };
    visit(root, 0);
  };

  it('are no problem while they are good', () => expect(() => all(good)).not.toThrow());

  it.each<[string, Uint8Array, RegExp]>([
    [
      'a tree that contains itself',
      patched((copy, view) => {
        const tree = find(copy, 'TREE');
        copy[tree + 5] = 1;
        view.setBigUint64(tree + 24 + 8, BigInt(tree), true);
      }),
      /a tree contains itself/,
    ],
    ['a tree of another kind', patched((copy) => (copy[find(copy, 'TREE') + 4] = 1)), /a tree indexes something else/],
    ['a cut file', good.subarray(0, 3000), /it ends at byte 3000, but says that bytes/],
    ['a file of 10 bytes', good.subarray(0, 10), /a part of it ends too early/],
    ['a root at no address', patched((_, view) => view.setBigUint64(64, 2n ** 64n - 1n, true)), /it ends at byte/],
    ['a root beyond the end', patched((_, view) => view.setBigUint64(64, 2n ** 40n, true)), /it ends at byte/],
    ['a heap without its signature', patched((copy) => (copy[find(copy, 'HEAP')] = 0)), /is where HEAP should be/],
    [
      'a table with too many symbols',
      patched((copy) => copy.fill(0xff, find(copy, 'SNOD') + 6, find(copy, 'SNOD') + 8)),
      /it ends at byte/,
    ],
    [
      'a superblock of the future',
      patched((copy) => (copy[8] = 9)),
      /version 9 of the superblock, which is not supported/,
    ],
    ['addresses of 3 bytes', patched((copy) => (copy[13] = 3)), /addresses or lengths of 3 bytes/],
    [
      'other data before it',
      patched((_, view) => view.setBigUint64(24, 512n, true)),
      /a block of other data at its beginning/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => all(bytes)).toThrow(WeightsError);
    expect(() => all(bytes)).toThrow(message);
  });

  it('an object header that continues in itself', () => {
    const bytes = patched((copy, view) => {
      // The messages of the root begin after 16 bytes of its header; a continuation is of type 0x10.
      const root = Number(view.getBigUint64(64, true));
      view.setUint16(root + 16, 0x10, true);
      view.setBigUint64(root + 24, BigInt(root + 16), true);
      view.setBigUint64(root + 32, 24n, true);
      expect(copy[root]).toBe(1);
    });
    expect(() => all(bytes)).toThrow(/point at each other in circles/);
  });

  it.each(['sequential-keras2.h5', 'forms-latest.h5'])('%s, cut anywhere', (name) => {
    const whole = fixture(name);
    for (let i = 0; i < 200; i++) {
      // The end of a file may be free space.
      const cut = whole.subarray(0, Math.floor((i / 220) * whole.length));
      expect(() => all(cut), String(cut.length)).toThrow(WeightsError);
    }
  });
});

describe('bounds', () => {
  const source = () => new FileBytes('small.h5', new Uint8Array(1000));

  it('memory for unpacked values: 20 times the file and 64 MB', () => {
    expect(source().memory(64_020_000)).toHaveLength(64_020_000);
    expect(() => source().memory(64_020_001)).toThrow('would take over 20 times its size');
    const twice = source();
    twice.memory(40_000_000);
    expect(() => twice.memory(40_000_000)).toThrow('would take over 20 times its size');
  });

  it('datasets that overlap', () => {
    const one = source();
    one.data(0, 1000);
    one.data(0, 1000);
    expect(() => one.data(0, 1)).toThrow('its datasets overlap');
  });

  it('chunks that are larger than their datasets', () => {
    const one = source();
    expect(() => {
      for (let i = 0; i < 10; i++) one.scratch(60_000_000);
    }).toThrow('its chunks are much larger than its datasets');
  });

  it.each([
    [-1, 4],
    [0, -1],
    [998, 4],
    [Infinity, 1],
    [0, Infinity],
    [NaN, 1],
    [2 ** 53, 1],
  ])('no block at %f of %f bytes', (address, length) => {
    expect(() => source().block(address, length)).toThrow(WeightsError);
  });
});
