import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  classification,
  dense,
  globalAvgPool,
  graphModel,
  importModel,
  layersModel,
  pipeline,
  softmax,
  writeModel,
  type Model,
} from 'sluice';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Where a model may be: paths, folders, URLs and share links.

const MODEL = {
  modelTopology: {
    class_name: 'Sequential',
    config: {
      name: 'tiny',
      layers: [
        { class_name: 'GlobalAveragePooling2D', config: { name: 'mean', batch_input_shape: [null, 4, 4, 3] } },
        { class_name: 'Dense', config: { name: 'scores', units: 2, activation: 'softmax', use_bias: false } },
      ],
    },
  },
  weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'scores/kernel', shape: [3, 2], dtype: 'float32' }] }],
};
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'model.json': JSON.stringify(MODEL),
  'weights.bin': new Uint8Array(24),
  'metadata.json': '{"labels":["cat","dog"]}',
};

const folder = path.join(tmpdir(), 'my model #1 100%');
let server: Server;
let origin: string;
let asked: string[] = [];

beforeAll(async () => {
  mkdirSync(folder);
  for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(folder, name), content);
  // As the server of Teachable Machine: the folder itself is a web page.
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const { pathname } = new URL(url, 'http://localhost');
    const content = pathname.startsWith('/models/abc/') ? FILES[pathname.slice('/models/abc/'.length)] : undefined;
    if (content !== undefined) response.end(content);
    else if (pathname.startsWith('/models/')) response.end('<!doctype html><title>Teachable Machine</title>');
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => server.close(closed)));

const labelsOf = async (source: Parameters<typeof importModel>[0]) => (await importModel(source)).labels;
const LABELS = ['cat', 'dog'];

describe('importModel takes', () => {
  it.each([
    ['the path of a model.json', () => path.join(folder, 'model.json')],
    ['the path of its folder', () => folder],
    ['the path of its folder, with a slash', () => `${folder}${path.sep}`],
    ['a relative path', () => path.relative('.', folder)],
    ['a relative path that begins with a dot', () => `./${path.relative('.', path.join(folder, 'model.json'))}`],
    ['the URL of the file', () => pathToFileURL(path.join(folder, 'model.json'))],
    ['that URL as a string', () => pathToFileURL(path.join(folder, 'model.json')).href],
    ['the URL of the folder', () => pathToFileURL(`${folder}/`)],
    ['the URL of the folder, without a slash', () => pathToFileURL(folder)],
    ['a share link', () => `${origin}/models/abc/`],
    ['a share link as a URL', () => new URL('/models/abc/', origin)],
    ['the address of the model.json', () => `${origin}/models/abc/model.json`],
  ])('%s', async (_what, source) => {
    expect(await labelsOf(source())).toEqual(LABELS);
  });

  it('the path of a file that sluice wrote', async () => {
    const net = pipeline(
      { name: 'tiny', inputShape: [1, 4, 4, 3] },
      globalAvgPool(),
      dense({ units: 2, seed: 1 }),
      softmax(),
    );
    const model: Model = {
      name: 'tiny',
      preprocess: { width: 4, height: 4, range: [0, 1] },
      pipeline: net,
      task: classification(),
      labels: LABELS,
    };
    const file = path.join(tmpdir(), 'tiny.safetensors');
    writeFileSync(file, writeModel(model));
    expect(await labelsOf(file)).toEqual(LABELS);
  });
});

it('a share link asks for the files inside, and keeps its query', async () => {
  asked = [];
  expect(await labelsOf(`${origin}/models/abc/?key=1`)).toEqual(LABELS);
  expect(asked.toSorted()).toEqual(
    ['metadata.json', 'model.json', 'weights.bin'].map((name) => `/models/abc/${name}?key=1`),
  );
});

it('layersModel takes the same', async () => {
  expect((await layersModel(folder)).inputShape).toEqual([1, 4, 4, 3]);
  expect((await layersModel(`${origin}/models/abc/`)).inputShape).toEqual([1, 4, 4, 3]);
  await expect(graphModel(folder)).rejects.toThrow('is a layers model: read it with layersModel');
});

describe('what is wrong with a source is said', () => {
  const failure = (source: unknown) =>
    importModel(source as string).then(
      () => 'no error',
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    );

  it.each([
    ['', 'option', /empty string: give a path or a URL/],
    ['http://', 'option', /http:\/\/, which is not a URL/],
    ['no/such/folder', 'weights', /cannot read .*no.such.folder: ENOENT/],
    ['no/such/folder/', 'weights', /cannot read .*no.such.folder: ENOENT/],
    ['indexeddb://mine', 'weights', /IndexedDB is available only in browsers/],
    [null, 'option', /must be a path, a URL or a list of File objects, not null/],
    [{}, 'option', /must be a path, a URL or a list of File objects, not an object/],
    [[], 'option', /must be a path, a URL or a list of File objects, not \[\]/],
    [['model.json'], 'option', /must be a path, a URL or a list of File objects, not \["model.json"\]/],
  ])('%o', async (source, code, message) => {
    expect(await failure(source)).toEqual({ code, message: expect.stringMatching(message) as string });
  });

  it('a folder without a model.json', async () => {
    const empty = path.join(tmpdir(), 'empty');
    mkdirSync(empty);
    expect(await failure(empty)).toEqual({
      code: 'option',
      message: expect.stringMatching(
        /the folder .*empty has no model\.json and no other model \(found nothing\)/,
      ) as string,
    });
  });

  it('a share link without its last slash is a web page, and the message says what to give', async () => {
    expect(await failure(`${origin}/models/abc`)).toEqual({
      code: 'weights',
      message: expect.stringContaining(
        'It is a web page: give the URL of the file itself, or that of its folder, which ends in /',
      ) as string,
    });
  });

  it('a server that has nothing there', async () => {
    expect(await failure(`${origin}/nothing/`)).toEqual({
      code: 'weights',
      message: expect.stringMatching(/cannot read .*\/nothing\/model\.json: the server answered 404/) as string,
    });
  });
});
