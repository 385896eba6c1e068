import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dense,
  modelFrom,
  OptionError,
  pipeline,
  readLabels,
  useEngine,
  WeightsError,
  writeSafetensors,
  type Weight,
} from 'sluice';
import { loadBytes as load } from '../../src/models/load-bytes.ts';
import { withSafetensors } from '../../src/models/with-safetensors.ts';
import { compute } from '../support/compute.ts';

const text = (value: string) => new TextEncoder().encode(value);

describe('readLabels', () => {
  test('reads a list of names', () => {
    expect(readLabels(text('["cat", "dog", "żółw ✓", ""]'), 'labels.json')).toEqual(['cat', 'dog', 'żółw ✓', '']);
    expect(readLabels(text('[]'), 'labels.json')).toEqual([]);
  });
  test.each([
    ['nothing', '', /^labels\.json is not JSON: /],
    ['no JSON', 'cat\ndog', /^labels\.json is not JSON: /],
    ['JSON cut short', '["cat", "do', /^labels\.json is not JSON: /],
    ['an object without names', '{}', /^labels\.json is not a list of class names: give /],
    ['null', 'null', /is not a list/],
    ['a text', '"cat"', /is not a list/],
    ['numbers', '["cat", 1]', /is not a list/],
    ['null among names', '["cat", null]', /is not a list/],
    ['lists', '[["cat"]]', /is not a list/],
  ])('refuses %s', (_what, json, message) => {
    expect(() => readLabels(text(json), 'labels.json')).toThrow(WeightsError);
    expect(() => readLabels(text(json), 'labels.json')).toThrow(message);
  });
});

describe('loadBytes', () => {
  const loadBytes = (url: URL) => load(url, 1000);
  let folder = '';
  let server: Server;
  let address = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-models-'));
    await writeFile(join(folder, 'a file with spaces & ünïcode.bin'), Uint8Array.of(1, 2, 3));
    server = createServer((request, response) => {
      if (request.url === '/ok') response.end(Buffer.from([4, 5]));
      else response.writeHead(404, 'Not Here').end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  test('reads a file, whatever its name', async () => {
    expect([...(await loadBytes(pathToFileURL(join(folder, 'a file with spaces & ünïcode.bin'))))]).toEqual([1, 2, 3]);
  });
  test('quotes no password and no token of a URL', async () => {
    for (const url of [`${address}/gone?token=s3cret`, address.replace('//', '//me:s3cret@'), 'http://s3cret@h/a']) {
      const error: unknown = await loadBytes(new URL(url)).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(WeightsError);
      expect(inspect(error, { depth: 9 })).not.toContain('s3cret');
    }
  });
  test('fetches what is not a file', async () => {
    expect([...(await loadBytes(new URL(`${address}/ok`)))]).toEqual([4, 5]);
    expect([...(await loadBytes(new URL('data:application/octet-stream;base64,AQI=')))]).toEqual([1, 2]);
  });

  const failure = (url: URL) =>
    loadBytes(url).then(
      () => expect.unreachable(),
      (error: unknown) => error as WeightsError,
    );
  test('names a file that is missing, as people write it', async () => {
    const path = join(folder, 'no such file.bin');
    const error = await failure(pathToFileURL(path));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain(`cannot read ${path}: ENOENT`);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });
  test('names a folder', async () => {
    expect((await failure(pathToFileURL(folder))).message).toContain(
      `cannot read ${folder}: it is a folder, not a regular file`,
    );
  });
  test('names a path that is none', async () => {
    const error = await failure(new URL('file:///%zz'));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('cannot read file:///%zz: ');
  });
  test('names an address the server does not have, with its answer', async () => {
    const error = await failure(new URL(`${address}/weights.safetensors`));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toBe(`cannot read ${address}/weights.safetensors: the server answered 404 Not Here`);
  });
  test('names an address where nobody listens, and one of no known kind', async () => {
    expect(await failure(new URL('http://127.0.0.1:1/x'))).toBeInstanceOf(WeightsError);
    expect((await failure(new URL('gopher://example.org/x'))).message).toContain(
      'cannot read gopher://example.org/x: ',
    );
  });
});

describe('withSafetensors', () => {
  beforeAll(() => useEngine('cpu'));
  const net = () => pipeline({ name: 'net', inputShape: [1, 2] }, dense({ units: 1 }));
  const kernel: Weight = { shape: [2, 1], data: Float32Array.of(2, 3) };
  const bias: Weight = { shape: [1], data: Float32Array.of(0.5) };
  const load = (weights: Record<string, Weight>) => withSafetensors(net(), writeSafetensors(weights), 'w.safetensors');

  test('gives a pipeline the weights of a file', () => {
    const loaded = load({ 'dense/kernel': kernel, 'dense/bias': bias });
    expect(compute(loaded, { shape: [1, 2], data: [1, 10] }).data).toEqual([32.5]);
  });
  test.each<[string, Record<string, Weight>, RegExp]>([
    ['lacks one', { 'dense/kernel': kernel }, /^w\.safetensors lacks dense\/bias of net$/],
    [
      'is of another network',
      { 'conv/kernel': kernel },
      /^w\.safetensors lacks dense\/kernel, dense\/bias of net; it has conv\/kernel$/,
    ],
    [
      'has one too many',
      { 'dense/kernel': kernel, 'dense/bias': bias, 'head/bias': bias },
      /^w\.safetensors does not fit net, which has no head\/bias$/,
    ],
    [
      'has one of another shape',
      { 'dense/kernel': bias, 'dense/bias': bias },
      /^w\.safetensors does not fit net: dense: kernel must be \[2, 1\]/,
    ],
  ])('names a file that %s', (_what, weights, message) => {
    expect(() => load(weights)).toThrow(WeightsError);
    expect(() => load(weights)).toThrow(message);
  });
  test('modelFrom takes the bytes of a file as well as its URL, and names the network if they are damaged', async () => {
    const bytes = writeSafetensors({ 'dense/kernel': kernel, 'dense/bias': bias });
    const prepare = { width: 1, height: 1, range: [0, 1] } as const;
    const plain = net() as never;
    const model = await modelFrom(plain, prepare, { weights: bytes });
    expect(model.pipeline.weights([1, 2] as never)).toMatchObject({ 'dense/kernel': kernel, 'dense/bias': bias });
    await expect(modelFrom(plain, prepare, { weights: bytes.subarray(0, 20) })).rejects.toThrow(
      /^the file of weights of net is not a valid safetensors file/,
    );
    await expect(modelFrom(plain, prepare, { weights: new Uint8Array() })).rejects.toThrow(WeightsError);
    await expect(modelFrom(plain, prepare, { weights: bytes, seed: 1 })).rejects.toThrow(OptionError);
  });
  test('names a file that is damaged', () => {
    expect(() => withSafetensors(net(), new Uint8Array(3), 'w.safetensors')).toThrow(
      /^w\.safetensors is not a valid safetensors file/,
    );
  });
  test('needs a declared shape', () => {
    expect(() => withSafetensors(pipeline({ name: 'n' }, dense({ units: 1 })), new Uint8Array(), 'w')).toThrow(
      OptionError,
    );
  });
});
