import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OptionError, readSafetensors, WeightsError, writeSafetensors } from 'sluice';

/** A file from a header, as text or as what JSON makes of it, and data. */
function file(header: unknown, data: Uint8Array | number = 0, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, from: unknown, to: unknown) => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

/** The value of a binary16, by the standard's three cases. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) % 32, bits % 1024];
  if (exponent === 31) return fraction > 0 ? NaN : sign * Infinity;
  return exponent === 0 ? sign * 2 ** -14 * (fraction / 1024) : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** All finite ones from 0 up, so that the nearest can be found by search; 65,536 stands for what rounds to infinity. */
const HALVES = [...Array.from({ length: 0x7c00 }, (_, bits) => half(bits)), 65536];

/** The nearest binary16 by bisection, of two equally near the one with an even last bit. */
function nearestHalf(value: number): number {
  if (Number.isNaN(value)) return NaN;
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? -1 : 1;
  if (size >= 65536) return sign * Infinity;
  let [low, high] = [0, HALVES.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((HALVES[middle] ?? 0) <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [size - (HALVES[low] ?? 0), (HALVES[high] ?? 0) - size];
  const chosen = below < above || (below === above && low % 2 === 0) ? low : high;
  return sign * (chosen === HALVES.length - 1 ? Infinity : (HALVES[chosen] ?? 0));
}

const throughHalf = (data: Float32Array) =>
  readSafetensors(writeSafetensors({ x: { shape: [data.length], data } }, 'F16'), 'test')['x']?.data ??
  new Float32Array();

describe('float32', () => {
  test('comes back bit for bit, names and shapes in order', () => {
    const special = Float32Array.of(0, -0, 1, -1, 1e-45, 3.4e38, Infinity, -Infinity, NaN, Math.PI);
    const weights = {
      'z/kernel': { shape: [2, 5], data: special },
      'a/bias': { shape: [1], data: Float32Array.of(7) },
      scalar: { shape: [], data: Float32Array.of(8) },
      empty: { shape: [0, 3], data: new Float32Array() },
      'ünïcödé ✓': { shape: [1, 1, 1], data: Float32Array.of(9) },
    };
    const back = readSafetensors(writeSafetensors(weights), 'test');
    expect(back).toEqual(weights);
    expect(Object.keys(back)).toEqual(Object.keys(weights));
    expect(Object.is(back['z/kernel']?.data[1], -0)).toBe(true);
  });

  test('any weights', () => {
    const weights = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((name) => !name.startsWith('__')),
      fc.float32Array({ maxLength: 9 }),
    );
    fc.assert(
      fc.property(weights, (arrays) => {
        const given = Object.fromEntries(
          Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]),
        );
        expect(readSafetensors(writeSafetensors(given), 'test')).toEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  test('a file by hand', () => {
    const data = new Uint8Array(12);
    const view = new DataView(data.buffer);
    view.setFloat32(0, 1.5, true);
    view.setFloat32(4, -2, true);
    view.setUint16(8, 0x3c00, true); // 1
    view.setUint16(10, 0xc000, true); // −2
    const header = { __metadata__: { format: 'pt' }, h: entry('F16', [2], 8, 12), f: entry('F32', [1, 2], 0, 8) };
    expect(readSafetensors(file(header, data), 'test')).toEqual({
      h: { shape: [2], data: Float32Array.of(1, -2) },
      f: { shape: [1, 2], data: Float32Array.of(1.5, -2) },
    });
  });

  test('the data starts at a multiple of eight bytes, whatever the names', () => {
    for (const name of ['a', 'ab', 'abc', 'é', '✓✓', 'abcdefgh']) {
      const bytes = writeSafetensors({ [name]: { shape: [1], data: Float32Array.of(1) } });
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect((8 + length) % 8).toBe(0);
      expect(bytes.length).toBe(8 + length + 4);
    }
  });

  test('is read from within a larger buffer, wherever it lies in it', () => {
    const bytes = writeSafetensors({ x: { shape: [2], data: Float32Array.of(1, 2) } });
    for (const offset of [0, 1, 2, 3, 4]) {
      const larger = new Uint8Array(bytes.length + 9);
      larger.set(bytes, offset);
      const { x } = readSafetensors(larger.subarray(offset, offset + bytes.length), 'test');
      expect(x?.data).toEqual(Float32Array.of(1, 2));
      // Hundreds of megabytes are not there twice; what had to be copied keeps nothing of the bytes.
      const stays = offset % 4 === 0;
      expect(x?.data.buffer === larger.buffer).toBe(stays);
      larger.fill(0);
      expect(x?.data).toEqual(stays ? Float32Array.of(0, 0) : Float32Array.of(1, 2));
    }
    expect(readSafetensors(Buffer.from(bytes), 'test')['x']?.data).toEqual(Float32Array.of(1, 2));
  });

  test('no tensors at all', () => {
    expect(readSafetensors(writeSafetensors({}), 'test')).toEqual({});
    expect(readSafetensors(file('{}'), 'test')).toEqual({});
  });

  test('empty tensors may lie anywhere between others, in any order of the header', () => {
    const header = { b: entry('F32', [1], 0, 4), a: entry('F32', [0], 0, 0), c: entry('F16', [5, 0], 4, 4) };
    expect(Object.keys(readSafetensors(file(header, 4), 'test'))).toEqual(['b', 'a', 'c']);
  });
});

describe('float16', () => {
  test('all 65,536 values are what the standard says, and come back as they are', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const read = readSafetensors(file({ x: entry('F16', [65_536], 0, 131_072) }, new Uint8Array(bits.buffer)), 'test')[
      'x'
    ]?.data;
    const written = writeSafetensors({ x: { shape: [65_536], data: read ?? new Float32Array() } }, 'F16');
    const back = new Uint16Array(written.slice(-131_072).buffer);
    for (let i = 0; i < 65_536; i++) {
      if (!Object.is(read?.[i], half(i))) expect.fail(`${i} is read as ${read?.[i]}, not ${half(i)}`);
      const isNaN = (i & 0x7fff) > 0x7c00;
      if (back[i] !== i && !(isNaN && ((back[i] ?? 0) & 0x7fff) > 0x7c00)) expect.fail(`${i} comes back as ${back[i]}`);
    }
  });

  test('rounds to the nearest, ties to even', () => {
    // 1 + 2⁻¹¹ lies between 1 and 1 + 2⁻¹⁰: to the even 1; 1 + 3·2⁻¹¹ to the even 1 + 2⁻⁹; just above the tie, up.
    const cases = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [1 + 2 ** -11 + 2 ** -23, 1 + 2 ** -10],
      [65_504, 65_504],
      [65_519, 65_504],
      [65_520, Infinity],
      [-65_520, -Infinity],
      [1e30, Infinity],
      [2 ** -24, 2 ** -24],
      [2 ** -25, 0],
      [-(2 ** -25), -0],
      [1.0001 * 2 ** -25, 2 ** -24],
      [3 * 2 ** -25, 2 ** -23],
      [1e-45, 0],
      [2 ** -14 - 2 ** -26, 2 ** -14],
      [0.1, 0.0999755859375],
      [2047.75, 2048],
    ] as const;
    const rounded = throughHalf(Float32Array.from(cases, ([value]) => value));
    cases.forEach(([value, wanted], i) => {
      if (!Object.is(rounded[i], wanted)) expect.fail(`${value} became ${rounded[i]}, not ${wanted}`);
    });
  });

  test('any float32 becomes the nearest half, found by search', () => {
    const near = fc.tuple(fc.nat({ max: 0x7bff }), fc.double({ min: 0, max: 1, noNaN: true })).map(([i, part]) => {
      const [low, high] = [HALVES[i] ?? 0, HALVES[i + 1] ?? 0];
      return Math.fround(low + part * (high - low));
    });
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.float(),
            near,
            near.map((v) => -v),
          ),
          { minLength: 50, maxLength: 200 },
        ),
        (values) => {
          const data = Float32Array.from(values);
          throughHalf(data).forEach((value, i) => {
            const wanted = nearestHalf(data[i] ?? NaN);
            if (!Object.is(value, wanted)) expect.fail(`${data[i]} became ${value}, not ${wanted}`);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a damaged file is a WeightsError that names it and says what is wrong', () => {
  const good = { x: entry('F32', [2], 0, 8) };
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /has 0 bytes, too few/],
    ['seven bytes', new Uint8Array(7), /has 7 bytes, too few/],
    ['a header of 2⁶³ bytes', file(good, 8, 2n ** 63n), /should have 9223372036854775808 bytes, but \d+ bytes follow/],
    ['of 2⁶⁴ − 1', file(good, 8, 2n ** 64n - 1n), /should have 18446744073709551615 bytes/],
    ['a header one byte too long', file({}, 0, 3n), /should have 3 bytes, but 2 bytes follow/],
    ['a header cut short', file(good, 8, 20n), /header is not JSON/],
    ['a header of no bytes', new Uint8Array(8), /header is not JSON/],
    ['a header of no JSON', file('tensor x', 8), /header is not JSON/],
    ['bytes that are no UTF-8', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), /header is not JSON/],
    ['an array', file([], 0), /header is not an object/],
    ['null', file('null', 0), /header is not an object/],
    ['a number', file('7', 0), /header is not an object/],
    ['__proto__', file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), /named __proto__/],
    ['an entry that is a number', file({ x: 1 }, 0), /x is not described by an object/],
    ['an entry that is null', file({ x: null }, 0), /x is not described by an object/],
    ['an empty entry', file({ x: {} }, 0), /x has the type undefined, but only F32 and F16/],
    ['BF16', file({ x: entry('BF16', [2], 0, 4) }, 4), /x has the type "BF16", but only F32 and F16 are supported/],
    ['a dtype from Object', file({ x: entry('constructor', [2], 0, 4) }, 4), /x has the type "constructor"/],
    ['a negative size', file({ x: entry('F32', [-2], 0, 8) }, 8), /shape of x is \[-2\]/],
    ['two negative sizes', file({ x: entry('F32', [-1, -2], 0, 8) }, 8), /shape of x is \[-1, -2\]/],
    ['a fractional size', file({ x: entry('F32', [0.5, 4], 0, 8) }, 8), /shape of x is/],
    [
      'a dtype that is no text',
      file({ x: entry({ toString: 1 } as never, [2], 0, 8) }, 8),
      /x has the type an object, but only F32/,
    ],
    [
      'a shape nested a million deep',
      file(`{"x":{"dtype":"F32","shape":${'['.repeat(1e6)}${']'.repeat(1e6)},"data_offsets":[0,4]}}`, 4),
      /its header is JSON that is nested over 1000 deep/,
    ],
    ['a shape of a million dimensions', file({ x: entry('F32', Array(1e6).fill(1), 0, 4) }, 4), /… 1000000 in all\]$/],
    ['a name of a million characters', file({ ['x'.repeat(1e6)]: {} }), /a name of 1000000 characters$/],
    ['a shape of texts', file({ x: entry('F32', ['2'], 0, 8) }, 8), /shape of x is/],
    ['a shape that is a number', file({ x: entry('F32', 2, 0, 8) }, 8), /shape of x is 2/],
    ['no shape', file({ x: { dtype: 'F32', data_offsets: [0, 8] } }, 8), /shape of x is undefined/],
    ['a size beyond 2⁵³', file({ x: entry('F32', [2 ** 54], 0, 8) }, 8), /shape of x is/],
    [
      'a product that overflows',
      file({ x: entry('F32', [2 ** 32, 2 ** 32, 2 ** 32], 0, 8) }, 8),
      /x .* takes .* bytes, not 8/,
    ],
    [
      'a product of infinity',
      file({ x: entry('F32', Array(30).fill(2 ** 40), 0, 8) }, 8),
      /takes Infinity bytes, not 8/,
    ],
    [
      'infinity times nothing',
      file({ x: entry('F32', [...Array<number>(30).fill(2 ** 40), 0], 0, 8) }, 8),
      /takes NaN bytes, not 8/,
    ],
    ['no offsets', file({ x: { dtype: 'F32', shape: [2] } }, 8), /data_offsets of x is undefined/],
    ['one offset', file({ x: { ...good.x, data_offsets: [0] } }, 8), /data_offsets of x is \[0\]/],
    ['three offsets', file({ x: { ...good.x, data_offsets: [0, 8, 8] } }, 8), /data_offsets of x is/],
    ['offsets of texts', file({ x: entry('F32', [2], '0', '8') }, 8), /data_offsets of x is/],
    ['negative offsets', file({ x: entry('F32', [2], -8, 0) }, 8), /data_offsets of x is/],
    ['offsets upside down', file({ x: entry('F32', [2], 8, 0) }, 8), /takes 8 bytes, not -8/],
    ['offsets too narrow for the shape', file({ x: entry('F32', [2], 0, 4) }, 4), /x \[2\] F32 takes 8 bytes, not 4/],
    [
      'the width of float32 said to be float16',
      file({ x: entry('F16', [2], 0, 8) }, 8),
      /x \[2\] F16 takes 4 bytes, not 8/,
    ],
    [
      'overlapping tensors',
      file({ x: entry('F32', [2], 0, 8), y: entry('F32', [2], 4, 12) }, 12),
      /y starts at byte 4 of the data, not at 8/,
    ],
    [
      'the same bytes twice',
      file({ x: entry('F32', [2], 0, 8), y: entry('F32', [2], 0, 8) }, 8),
      /starts at byte 0 of the data, not at 8/,
    ],
    [
      'a hole',
      file({ x: entry('F32', [2], 0, 8), y: entry('F32', [1], 12, 16) }, 16),
      /y starts at byte 12 of the data, not at 8/,
    ],
    ['a hole before the first', file({ x: entry('F32', [2], 4, 12) }, 12), /x starts at byte 4 of the data, not at 0/],
    ['data cut short', file(good, 7), /describes 8 bytes of data, but 7 bytes follow/],
    ['no data', file(good), /describes 8 bytes of data, but 0 bytes follow/],
    ['data too long', file(good, 9), /describes 8 bytes of data, but 9 bytes follow/],
    ['data after no tensors', file({}, 1), /describes 0 bytes of data, but 1 bytes follow/],
    ['a far offset', file({ x: entry('F32', [2], 2 ** 52, 2 ** 52 + 8) }, 8), /starts at byte 4503599627370496/],
  ])('%s', (_what, bytes, message) => {
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(WeightsError);
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(message);
    expect(() => readSafetensors(bytes, 'net.safetensors')).toThrow(
      /^net\.safetensors is not a valid safetensors file: .{1,800}$/,
    );
  });

  test.each([[undefined], [null], ['{}'], [new ArrayBuffer(16)], [[1, 2, 3]], [new Float32Array(4)]])(
    'bytes that are none, %o: an option that is wrong',
    (bytes) => {
      expect(() => readSafetensors(bytes as never, 'net.safetensors')).toThrow(OptionError);
      expect(() => readSafetensors(bytes as never, 'net.safetensors')).toThrow('must be a Uint8Array, not');
    },
  );

  test('cut anywhere, a good file never reads', () => {
    const bytes = writeSafetensors({
      a: { shape: [3], data: Float32Array.of(1, 2, 3) },
      b: { shape: [1], data: Float32Array.of(4) },
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readSafetensors(bytes.subarray(0, length), 'cut')).toThrow(WeightsError);
    }
  });

  test('any bytes: an error of ours, or what was asked for', () => {
    const tail = writeSafetensors({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.nat({ max: tail.length - 1 }), (noise, at) => {
        const bytes = tail.slice();
        bytes.set(noise.subarray(0, bytes.length - at), at);
        try {
          readSafetensors(bytes, 'noise');
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('writing refuses', () => {
  const one = Float32Array.of(1);
  test.each(['__proto__', '__metadata__'])('the name %s', (name) => {
    expect(() => writeSafetensors({ [name]: { shape: [1], data: one } })).toThrow(WeightsError);
  });
  test('numbers that are not as many as the shape says', () => {
    expect(() => writeSafetensors({ x: { shape: [2], data: one } })).toThrow('x [2] needs 2 numbers, but has 1');
    expect(() => writeSafetensors({ x: { shape: [], data: new Float32Array(2) } }, 'F16')).toThrow(WeightsError);
  });
});
