import { runInNewContext } from 'node:vm';
import { importModel, OptionError, readSafetensors, dense, WeightsError, writeSafetensors } from 'sluice';
import { images } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../src/errors/code-of.ts';
import { isA } from '../../src/errors/is-a.ts';
import { messageOf } from '../../src/errors/errors.ts';
import { toMessage } from '../../src/worker/error-message.ts';

// Values of another realm: in a page those of another frame, in Node those of jsdom and of Jest.

const foreign = (code: string, given: object = {}): unknown => runInNewContext(code, given);

describe('isA', () => {
  it.each([
    ['Uint8Array', 'new Uint8Array(2)'],
    ['Uint8Array', 'new (class Own extends Uint8Array {})(2)'],
    ['Float32Array', 'new Float32Array(2)'],
    ['ArrayBuffer', 'new ArrayBuffer(2)'],
    ['Promise', 'Promise.resolve()'],
  ] as const)('takes a %s of another realm: %s', (name, code) => {
    const value = foreign(code);
    expect(value).not.toBeInstanceOf(globalThis[name]);
    expect(isA(name, value)).toBe(true);
  });

  it('takes those of this realm, and what is derived from them', () => {
    expect(isA('Uint8Array', Buffer.alloc(2))).toBe(true);
    expect(isA('URL', new URL('file:///a'))).toBe(true);
    expect(isA('File', new File([], 'a'))).toBe(true);
    expect(isA('Blob', new Blob())).toBe(true);
  });

  it.each([
    null,
    undefined,
    'Uint8Array',
    [1, 2],
    {},
    { length: 2 },
    new Uint8ClampedArray(2),
    new DataView(new ArrayBuffer(2)),
  ])('takes nothing else: %s', (value) => {
    for (const name of ['Uint8Array', 'Float32Array', 'ArrayBuffer', 'URL', 'Blob'] as const) {
      expect(isA(name, value)).toBe(false);
    }
  });
});

describe('thrown values of another realm', () => {
  it('keep their message, code, name and stack', () => {
    const thrown = foreign("Object.assign(new TypeError('no'), { code: 'ENOENT' })");
    expect(messageOf(thrown)).toBe('no');
    expect(codeOf(thrown)).toBe('ENOENT');
    expect(toMessage(thrown)).toMatchObject({
      name: 'TypeError',
      message: 'no',
      stack: expect.stringContaining('no') as string,
    });
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', 'text'],
    [7, '7'],
    [{ message: 7 }, '[object Object]'],
  ])('%s, which is no error, is told as text', (thrown, text) => {
    expect(messageOf(thrown)).toBe(text);
    expect(codeOf(thrown)).toBeUndefined();
    expect(toMessage(thrown)).toMatchObject({ name: 'Error', message: text });
  });
});

describe('the library', () => {
  const file = writeSafetensors({ bias: { shape: [2], data: Float32Array.of(1, 2) } });

  it('reads bytes of another realm', () => {
    const empty = foreign('new Uint8Array()') as Uint8Array;
    expect(() => readSafetensors(empty, 'empty')).toThrow(WeightsError);
    const copy = foreign('new Uint8Array(length)', { length: file.length }) as Uint8Array;
    copy.set(file);
    expect(readSafetensors(copy, 'copy')).toEqual(readSafetensors(file, 'file'));
  });

  it('takes weights of another realm', () => {
    const kernel = foreign('Float32Array.of(1, 2)') as Float32Array;
    const made = dense({ units: 1, weights: { kernel: { shape: [2, 1], data: kernel }, bias: [0] } });
    expect(made.outputShape([1, 2])).toEqual([1, 1]);
  });

  it('takes the URL of another implementation, as of jsdom', async () => {
    class Url {
      readonly href = 'https://example.com/model.json';
      readonly protocol = 'https:';
      get [Symbol.toStringTag]() {
        return 'URL';
      }
    }
    const url = new Url() as unknown as URL;
    // Not a list of paths, and a model's address: so each gets as far as with any URL.
    expect(() => images(url as never)).toThrow('images takes a list of paths');
    await expect(importModel(Object.assign(url, { protocol: 'nothing:' }))).rejects.not.toThrow(OptionError);
  });
});
