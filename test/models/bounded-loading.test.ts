import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  dense,
  flatten,
  globalAvgPool,
  graphModel,
  importModel,
  layersModel,
  modelFrom,
  pipeline,
  readLabels,
  readModel,
  readSafetensors,
  SourceError,
  useEngine,
  WeightsError,
  writeModel,
  writeSafetensors,
  type Model,
} from 'sluice';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadBytes } from '../../src/models/load-bytes.ts';
import { layer, sequential } from './layers/written.ts';

const PREPARE = { width: 2, height: 2, range: [0, 1] } as const;
const net = () => pipeline({ name: 'net', inputShape: [1, 2, 2, 3] }, flatten(), dense({ units: 2 }));
const weights = writeSafetensors({
  'dense/kernel': { shape: [12, 2], data: new Float32Array(24) },
  'dense/bias': { shape: [2], data: new Float32Array(2) },
});

beforeAll(() => useEngine('cpu'));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-bounded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string, content: string | Uint8Array) => {
  writeFileSync(path.join(folder, name), content);
  return pathToFileURL(path.join(folder, name));
};

/** All ways to load what is at a URL. */
const LOADERS: readonly (readonly [string, (url: URL, signal?: AbortSignal) => Promise<unknown>])[] = [
  ['importModel', (url, signal) => importModel(url, { signal })],
  ['layersModel', (url, signal) => layersModel(url, { signal })],
  ['graphModel', (url, signal) => graphModel(url, { signal })],
  ['the weights of modelFrom', (url, signal) => modelFrom(net(), PREPARE, { weights: url, signal })],
  ['the labels of modelFrom', (url, signal) => modelFrom(net(), PREPARE, { weights, labels: url, signal })],
];

describe('a server that never ends its answer', () => {
  let server: Server;
  let base = '';
  /** How many bytes the last answer had when the client closed it. */
  let closed: Promise<number>;
  const begin: Record<string, Uint8Array> = {};
  let headers: Record<string, string> = {};
  let isSlow = false;

  function answer(url: string, response: ServerResponse): void {
    let sent = 0;
    const more = new Uint8Array(65_536).fill(0x20);
    const write = (bytes: Uint8Array) => {
      sent += bytes.length;
      return response.write(bytes);
    };
    const go = () => {
      while (!response.destroyed && write(more));
    };
    closed = new Promise((resolve) => {
      response.on('close', () => resolve(sent));
    });
    response.writeHead(200, headers);
    write(begin[url] ?? new Uint8Array());
    if (isSlow) return;
    response.on('drain', go);
    go();
  }

  beforeAll(async () => {
    server = createServer((request, response) => answer(request.url ?? '', response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    [headers, isSlow] = [{}, false];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What is sent on a loopback connection before its reader has closed it. */
  const BUFFERED = 30_000_000;

  it.each([['no length'], ['a length that is too large'], ['a length that is small']])('with %s', async (what) => {
    if (what.includes('large')) headers = { 'Content-Length': '9000000000000' };
    await expect(loadBytes(new URL(base), 1000)).rejects.toThrow('it is longer than the limit of 1000 bytes');
    expect(await closed).toBeLessThan(BUFFERED);
  });

  it('at once, if it is of no known format', async () => {
    await expect(importModel(new URL(`${base}/`))).rejects.toThrow(/is not a model file/);
    expect(await closed).toBeLessThan(BUFFERED);
  });

  it('after the data that the header of a safetensors file describes', async () => {
    begin['/m'] = weights;
    await expect(importModel(new URL(`${base}/m`))).rejects.toThrow(
      `it is longer than the limit of ${weights.length} bytes`,
    );
    expect(await closed).toBeLessThan(BUFFERED);
  });

  it('of JSON, of weights and of labels, after the limit of each', async () => {
    begin['/json'] = new TextEncoder().encode('[');
    await expect(importModel(new URL(`${base}/json`))).rejects.toThrow('longer than the limit of 100000000 bytes');
    await expect(modelFrom(net(), PREPARE, { weights: new URL(base) })).rejects.toThrow(
      /longer than the limit of 100000\d\d\d bytes/,
    );
    await expect(modelFrom(net(), PREPARE, { weights, labels: new URL(base) })).rejects.toThrow(
      'longer than the limit of 10000000 bytes',
    );
  });

  it.each(LOADERS)('and sends nothing: a signal ends %s', async (_, load) => {
    isSlow = true;
    const ending = new AbortController();
    const loading = load(new URL(`${base}/slow?token=s3cret`), ending.signal);
    setTimeout(() => ending.abort(), 50);
    const error: unknown = await loading.catch((one: unknown) => one);
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: 'interrupted', message: `the loading of ${base}/slow was cancelled` });
    await closed;
  });

  it.each(LOADERS)('is not asked by %s if the signal was aborted before', async (_, load) => {
    await expect(load(new URL(`${base}/x`), AbortSignal.abort())).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('a signal ends the reading of metadata.json, which may be missing otherwise', async () => {
    const json = { format: 'layers-model', modelTopology: sequential(), weightsManifest: [] };
    begin['/model.json'] = new TextEncoder().encode(JSON.stringify(json));
    isSlow = true;
    const ending = new AbortController();
    const loading = importModel(new URL(`${base}/model.json`), { signal: ending.signal });
    setTimeout(() => ending.abort(), 50);
    await expect(loading).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe.skipIf(process.platform === 'win32')('what is not a regular file', () => {
  const pipe = () => {
    execFileSync('mkfifo', [path.join(folder, 'pipe')]);
    return path.join(folder, 'pipe');
  };
  const link = (to: string) => {
    symlinkSync(to, path.join(folder, 'link'));
    return path.join(folder, 'link');
  };

  it.each<[string, () => string, string]>([
    ['a pipe', pipe, 'it is a pipe, not a regular file: write what it gives to a file first'],
    ['a link to a pipe', () => link(pipe()), 'it is a pipe, not a regular file'],
    ['a device', () => '/dev/zero', 'it is a device, not a regular file'],
    ['a link to a device', () => link('/dev/zero'), 'it is a device, not a regular file'],
    ['a terminal or nothing', () => '/dev/null', 'it is a device, not a regular file'],
  ])('%s is refused by every reader', async (_, make, message) => {
    const file = make();
    for (const [, load] of LOADERS) {
      const error: unknown = await load(pathToFileURL(file)).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(WeightsError);
      expect((error as Error).message).toContain(`cannot read ${file}: ${message}`);
    }
  });

  it('a folder is refused as labels and as weights', async () => {
    for (const [, load] of LOADERS.slice(3)) {
      await expect(load(pathToFileURL(folder))).rejects.toThrow(`cannot read ${folder}: it is a folder`);
    }
  });

  it('a pipe is refused in place of a file beside the model', async () => {
    pipe();
    const spec = { name: 'fc/kernel', shape: [2, 2], dtype: 'float32' };
    const json = { modelTopology: sequential(), weightsManifest: [{ paths: ['pipe'], weights: [spec] }] };
    const url = fileOf('model.json', JSON.stringify(json));
    await expect(layersModel(url)).rejects.toThrow(`cannot read ${path.join(folder, 'pipe')}: it is a pipe`);
    rmSync(path.join(folder, 'pipe'));
    execFileSync('mkfifo', [path.join(folder, 'metadata.json')]);
    await expect(importModel(url)).rejects.toThrow('metadata.json: it is a pipe');
  });

  it('a link to a regular file is read', async () => {
    fileOf('labels.json', '["a", "b"]');
    const labels = pathToFileURL(link('labels.json'));
    expect((await modelFrom(net(), PREPARE, { weights, labels })).labels).toEqual(['a', 'b']);
  });

  it.skipIf(process.platform !== 'linux')('a file that grows is counted while it is read', async () => {
    // The kernel says that it has 0 bytes.
    await expect(loadBytes(new URL('file:///proc/self/maps'), 10)).rejects.toThrow('longer than the limit of 10 bytes');
  });
});

describe('files on disk', () => {
  it.each([0, 1, 127, 128, 129, 1_048_576, 3_000_001])('of %i bytes are read as they are', async (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    const url = fileOf('some.bin', bytes);
    expect(Buffer.compare(await loadBytes(url, length), bytes)).toBe(0);
    expect(Buffer.compare(await loadBytes(url, () => length), bytes)).toBe(0);
    if (length === 0) return;
    const tooLong = `it is longer than the limit of ${length - 1} bytes`;
    await expect(loadBytes(url, length - 1)).rejects.toThrow(tooLong);
    await expect(loadBytes(url, () => length - 1)).rejects.toThrow(tooLong);
  });

  it('that are longer than the limit are refused before memory is taken', async () => {
    fileOf('sparse.json', '');
    truncateSync(path.join(folder, 'sparse.json'), 100e9);
    const { arrayBuffers } = process.memoryUsage();
    const url = pathToFileURL(path.join(folder, 'sparse.json'));
    await expect(layersModel(url)).rejects.toThrow('it is longer than the limit of 100000000 bytes');
    await expect(importModel(url)).rejects.toThrow('is not a model file');
    for (const [, load] of LOADERS.slice(3)) await expect(load(url)).rejects.toThrow('it is longer than the limit');
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(5e7);
  });

  it('a metadata.json that is too long is an error, not a model without labels', async () => {
    const url = fileOf('model.json', JSON.stringify({ modelTopology: sequential(), weightsManifest: [] }));
    fileOf('metadata.json', `[${' '.repeat(10_000_000)}]`);
    await expect(importModel(url)).rejects.toThrow('metadata.json: it is longer than the limit of 10000000 bytes');
  });

  it('that were dropped on a page have the same limits', async () => {
    const model: Model = {
      name: 'tiny',
      preprocess: PREPARE,
      pipeline: pipeline({ inputShape: [1, 2, 2, 3] }, globalAvgPool()),
      task: (await modelFrom(net(), PREPARE, { seed: 1 })).task,
      labels: ['a', 'b', 'c'],
    };
    const file = writeModel(model) as Uint8Array<ArrayBuffer>;
    expect((await importModel([new File([file], 'm.safetensors')])).labels).toEqual(['a', 'b', 'c']);
    await expect(importModel([new File([file, new Uint8Array(1)], 'm.safetensors')])).rejects.toThrow(
      `cannot read m.safetensors: it is longer than the limit of ${file.length} bytes`,
    );
    await expect(importModel([new File(['{', ' '.repeat(100_000_000)], 'model.json')])).rejects.toThrow(
      'cannot read model.json: it is longer than the limit of 100000000 bytes',
    );
  });
});

describe('JSON', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const safetensors = (header: string) => {
    const text = bytes(header);
    const file = new Uint8Array(8 + text.length);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    return file;
  };
  const many = `[${'[],'.repeat(2_600_000)}0]`;
  const deep = `${'['.repeat(1001)}${']'.repeat(1001)}`;

  it.each([
    ['of more values than 5 million', many, /is JSON of over 5000000 values/],
    ['nested over 1,000 deep', deep, /is JSON that is nested over 1000 deep/],
    ['nested in objects', '{"":'.repeat(1001), /is JSON that is nested over 1000 deep/],
  ])('%s is refused in every file', async (_, json, message) => {
    expect(() => readLabels(bytes(json), 'labels.json')).toThrow(message);
    expect(() => readSafetensors(safetensors(json), 'w.safetensors')).toThrow(message);
    const header = JSON.stringify({ __metadata__: { sluice: '1', labels: json } });
    expect(() => readModel(safetensors(header), 'm.safetensors')).toThrow(message);
    await expect(layersModel([new File([json], 'model.json')])).rejects.toThrow(message);
    const model = new File([JSON.stringify({ modelTopology: sequential(), weightsManifest: [] })], 'model.json');
    await expect(importModel([model, new File([json], 'metadata.json')])).rejects.toThrow(message);
  });

  it('counts no brackets and commas in texts', () => {
    const label = String.raw`\"[[,\\`.repeat(3000);
    expect(readLabels(bytes(`["${label}", "\\\\", "]"]`), 'labels.json').slice(1)).toEqual(['\\', ']']);
  });

  it('nested 1,000 deep is read', () => {
    expect(() => readLabels(bytes(deep.slice(1, -1)), 'labels.json')).toThrow('is not a list of class names');
  });
});

describe('the number of weights', () => {
  const specs = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => ({ name: `w${from + i}`, shape: [0], dtype: 'float32' }));
  const fc = layer('Dense', 'fc', { units: 2, use_bias: false, batch_input_shape: [null, 2] });
  const files = (groups: object[]) => [
    new File([JSON.stringify({ modelTopology: sequential(fc), weightsManifest: groups })], 'model.json'),
    ...Array.from({ length: 3 }, (_, i) => new File([], `w${i}.bin`)),
  ];

  it.each([
    ['in one list', [{ paths: ['w0.bin'], weights: specs(100_001) }]],
    ['in several', [0, 1].map((i) => ({ paths: [`w${i}.bin`], weights: specs(60_000, 60_000 * i) }))],
  ])('that have no size, %s, is limited', async (_, groups) => {
    await expect(layersModel(files(groups))).rejects.toThrow('model.json has over 100000 weights');
    await expect(importModel(files(groups))).rejects.toThrow('model.json has over 100000 weights');
  });

  it('a model.json of 900,000 of them is refused before it is parsed', async () => {
    await expect(layersModel(files([{ paths: ['w0.bin'], weights: specs(900_000) }]))).rejects.toThrow(
      /is JSON of over 5000000 values|has over 100000 weights/,
    );
  });

  it('100,000 of them are one error about the one that is missing', async () => {
    await expect(layersModel(files([{ paths: ['w0.bin'], weights: specs(100_000) }]))).rejects.toThrow(
      /lacks|no weights|fc\/kernel/,
    );
  });

  it('files of weights are limited', async () => {
    const paths = Array.from({ length: 10_001 }, (_, i) => `s${i}.bin`);
    const json = JSON.stringify({ modelTopology: sequential(fc), weightsManifest: [{ paths, weights: [] }] });
    await expect(layersModel([new File([json], 'model.json')])).rejects.toThrow(
      'model.json names over 10000 files of weights',
    );
  });

  it('tensors of a safetensors file are limited', () => {
    const many = Object.fromEntries(
      Array.from({ length: 100_001 }, (_, i) => [`w${i}`, { shape: [0], data: new Float32Array() }]),
    );
    expect(() => readSafetensors(writeSafetensors(many), 'w.safetensors')).toThrow(
      'it has 100001 tensors, over the limit of 100000',
    );
  });
});
