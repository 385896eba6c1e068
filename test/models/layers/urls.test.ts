import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { layersModel, useEngine } from 'sluice';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { compute, expectClose } from '../../support/compute.ts';
import { layer, sequential } from './written.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
const asked: string[] = [];
const answers = new Map<string, string | Uint8Array>();
let server: Server;
let base: URL;

beforeAll(async () => {
  await useEngine('cpu');
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(new URL(request.url ?? '/', 'http://localhost').pathname);
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/models/mine/model.json`);
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  asked.length = 0;
  answers.clear();
});

const topology = sequential(layer('Dense', 'fc', { units: 1, use_bias: false, batch_input_shape: [null, 2] }));
const weights = [{ name: 'fc/kernel', shape: [2, 1], dtype: 'float32' }];
const model = (paths: string[]) => JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths, weights }] });
const bytes = new Uint8Array(Float32Array.of(3, 4).buffer);
const input = { shape: [1, 2], data: [1, 10] };
const output = { shape: [1, 1], data: [43] };

it('reads shards beside the model, in folders, with names that need escaping, and keeps the query', async () => {
  answers.set('/models/mine/model.json', model(['part one.bin', 'more/50%23.bin']));
  answers.set('/models/mine/part%20one.bin', bytes.subarray(0, 5));
  answers.set('/models/mine/more/50%2523.bin', bytes.subarray(5));
  expectClose(compute(await layersModel(new URL(`${base.href}?token=1`)), input), output);
  expect(asked).toEqual([
    '/models/mine/model.json?token=1',
    '/models/mine/part%20one.bin?token=1',
    '/models/mine/more/50%2523.bin?token=1',
  ]);
});

it('asks no other host or folder for anything', async () => {
  for (const path of ['../secret.bin', '%2e%2e/secret.bin', 'http://localhost/secret.bin']) {
    asked.length = 0;
    answers.set('/models/mine/model.json', model([path]));
    await expect(layersModel(base)).rejects.toMatchObject({ code: 'weights' });
    // What looks like an escape once it is decoded is a file's name, literally.
    expect(asked.slice(1)).toEqual(path.startsWith('%') ? ['/models/mine/%252e%252e/secret.bin'] : []);
  }
});

it('names shards beside an address that has no folder', async () => {
  const inside = new URL(`data:application/json,${encodeURIComponent(model(['w.bin']))}`);
  await expect(layersModel(inside)).rejects.toMatchObject({
    code: 'weights',
    message: expect.stringContaining('has no folder, so "w.bin" can\'t be beside it') as unknown,
  });
});

it('stops reading a shard that goes on beyond what the model says', async () => {
  answers.set('/models/mine/model.json', model(['w.bin']));
  answers.set('/models/mine/w.bin', new Uint8Array(50_000_000));
  await expect(layersModel(base)).rejects.toMatchObject({
    message: `cannot read ${new URL('w.bin', base).href}: it is longer than the limit of 8 bytes`,
  });
});

it('names what is not there', async () => {
  await expect(layersModel(base)).rejects.toMatchObject({
    message: `cannot read ${base.href}: the server answered 404 Not Found`,
  });
  answers.set('/models/mine/model.json', model(['w.bin']));
  await expect(layersModel(base)).rejects.toMatchObject({
    message: expect.stringContaining('/models/mine/w.bin: the server answered 404') as unknown,
  });
});

it('reads from disk', async () => {
  writeFileSync(join(folder, 'model.json'), model(['w.bin']));
  const url = pathToFileURL(join(folder, 'model.json'));
  await expect(layersModel(url)).rejects.toMatchObject({
    code: 'weights',
    message: expect.stringContaining('w.bin: ENOENT') as unknown,
  });
  writeFileSync(join(folder, 'w.bin'), bytes);
  expectClose(compute(await layersModel(url), input), output);
  writeFileSync(join(folder, 'w.bin'), new Uint8Array(9));
  await expect(layersModel(url)).rejects.toMatchObject({
    message: expect.stringContaining('it is longer than the limit of 8 bytes') as unknown,
  });
});
