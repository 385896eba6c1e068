import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { OptionError, WeightsError } from 'sluice';
import { modelPath, pullModel, registeredModels, type RegisteredModel } from 'sluice/node';
import type * as Tar from 'tar';
import { create } from 'tar';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const unpackings = vi.hoisted(() => ({ count: 0 }));
vi.mock('tar', async (original) => {
  const tar = await original<typeof Tar>();
  class UnpackSync extends tar.UnpackSync {
    constructor(...args: ConstructorParameters<typeof tar.UnpackSync>) {
      super(...args);
      unpackings.count++;
    }
  }
  return { ...tar, UnpackSync };
});

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
let cache: string;
let server: Server;
let archive: Buffer;
let model: RegisteredModel;
/** What the server does with the next request. */
let answer: 'whole' | 'cut' | 'longer' | 'hangs' | 404;
let asked: number;

beforeAll(async () => {
  const content = join(folder, 'package');
  mkdirSync(join(content, 'model/more'), { recursive: true });
  writeFileSync(join(content, 'model/model.json'), '{"a":1}');
  writeFileSync(join(content, 'model/more/w.bin'), Buffer.alloc(100_000, 7));
  writeFileSync(join(content, 'package.json'), '{}');
  symlinkSync('/etc/passwd', join(content, 'model/link'));
  const file = join(folder, 'archive.tgz');
  await create({ file, cwd: folder, gzip: true, portable: true }, ['package']);
  archive = readFileSync(file);
  server = createServer((_request, response) => {
    asked++;
    if (answer === 404) response.writeHead(404).end();
    else if (answer === 'whole') response.end(archive);
    else if (answer === 'longer') response.end(Buffer.concat([archive, Buffer.alloc(1000)]));
    else if (answer === 'hangs') response.write(archive.subarray(0, 10));
    else response.end(archive.subarray(0, 50));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  answer = 'whole';
  asked = 0;
  model = {
    name: 'demo',
    title: 'a demo',
    licence: 'MIT',
    source: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/demo.tgz` },
    sha256: createHash('sha256').update(archive).digest('hex'),
    bytes: archive.length,
    folder: 'package/model',
    main: 'model.json',
  };
});

afterEach(() => rmSync(cache, { recursive: true, force: true }));
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const pull = (more: Partial<RegisteredModel> = {}, options: { force?: boolean; signal?: AbortSignal } = {}) =>
  pullModel('demo', { cache, models: [{ ...model, ...more }], ...options });

/** An archive of files of a megabyte each, which are zeros: by default too many. */
async function bomb(where: string, files = 65): Promise<Buffer> {
  const content = mkdtempSync(join(folder, 'bomb-'));
  mkdirSync(join(content, where), { recursive: true });
  for (let i = 0; i < files; i++) writeFileSync(join(content, where, `${i}.bin`), Buffer.alloc(1_000_000));
  const file = join(content, 'archive.tgz');
  await create({ file, cwd: content, gzip: true, portable: true }, [where]);
  return readFileSync(file);
}

/** What lies in the cache. */
const kept = () => readdirSync(cache, { recursive: true, encoding: 'utf8' }).toSorted();

it('unpacks the one folder, files only, and gives the path of the main one', async () => {
  const path = await pull();
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}');
  const own = `models/demo-${model.sha256.slice(0, 12)}`;
  expect(kept()).toEqual([
    'models',
    own,
    `${own}/.sha256.json`,
    `${own}/model.json`,
    `${own}/more`,
    `${own}/more/w.bin`,
  ]);
  expect(modelPath('demo', { cache, models: [model] })).toBe(path);
});

it('keeps the named files only, and stores all models of the archive', async () => {
  const part = { ...model, name: 'part', folder: 'package/model', files: ['more/w.bin'], main: 'more/w.bin' };
  const elsewhere = { ...model, name: 'elsewhere', sha256: '0'.repeat(64) };
  const models = [model, part, elsewhere];
  await pullModel('demo', { cache, models });
  const path = modelPath('part', { cache, models });
  expect(readdirSync(join(path, '../..')).toSorted()).toEqual(['.sha256.json', 'more']);
  expect(await pullModel('part', { cache, models })).toBe(path);
  expect(asked).toBe(1);
  expect(() => modelPath('elsewhere', { cache, models })).toThrow('elsewhere is not downloaded');
});

it('unpacks an archive once for all of its models', async () => {
  const part = { ...model, name: 'part', files: ['more/w.bin'], main: 'more/w.bin' };
  unpackings.count = 0;
  await pullModel('demo', { cache, models: [model, part] });
  expect(unpackings.count).toBe(1);
});

it('no model is listed twice under two names', () => {
  const contents = registeredModels.map(({ sha256, folder, files }) => JSON.stringify([sha256, folder, files]));
  expect(new Set(contents).size).toBe(contents.length);
});

it('a named file that the archive does not have is an error, and nothing is kept', async () => {
  await expect(pull({ files: ['model.json', 'no.bin'] })).rejects.toThrow(
    'the archive has no folder package/model with the files model.json, no.bin',
  );
  expect(kept()).toEqual(['models']);
});

it.each([[[]], [['../x']], ['model.json'], [[1]]])('files: %j is an OptionError', async (files) => {
  await expect(pull({ files: files as never })).rejects.toThrow('models: files of "demo" must be a list of paths');
});

it('downloads once, and again when it must', async () => {
  const path = await pull();
  expect(await pull()).toBe(path);
  expect(asked).toBe(1);
  writeFileSync(path, 'spoilt');
  await pull({}, { force: true });
  expect([asked, readFileSync(path, 'utf8')]).toEqual([2, '{"a":1}']);
});

it('two at once both have it', async () => {
  const [one, two] = await Promise.all([pull(), pull()]);
  expect(one).toBe(two);
  expect(kept()).toHaveLength(6);
});

it.each<[string, (folder: string) => void, string]>([
  ['has changed', (folder) => writeFileSync(join(folder, 'more', 'w.bin'), 'spoilt'), 'more/w.bin has changed'],
  ['lacks a file', (folder) => rmSync(join(folder, 'more', 'w.bin')), 'more/w.bin is missing'],
  ['has a file more', (folder) => writeFileSync(join(folder, 'new'), ''), 'new is not of it'],
  ['has no list', (folder) => rmSync(join(folder, '.sha256.json')), 'the list of its files is missing'],
  ['has a damaged list', (folder) => writeFileSync(join(folder, '.sha256.json'), '{"model.json":'), 'JSON'],
  ['has a list that is null', (folder) => writeFileSync(join(folder, '.sha256.json'), 'null'), 'null'],
  [
    'has a link in place of a file',
    (folder) => {
      rmSync(join(folder, 'model.json'));
      symlinkSync('more/w.bin', join(folder, 'model.json'));
    },
    'model.json',
  ],
])('a model that %s is not used, and is pulled anew', async (_, spoil, why) => {
  const path = await pull();
  spoil(join(path, '..'));
  const use = () => modelPath('demo', { cache, models: [model] });
  expect(use).toThrow(WeightsError);
  expect(use).toThrow(why);
  expect(use).toThrow('run sluice models pull demo');
  expect(await pull()).toBe(path);
  expect([asked, readFileSync(use(), 'utf8')]).toEqual([2, '{"a":1}']);
});

it('forced by several at once, all have it, and it is there all the time', async () => {
  const path = await pull();
  let missing = 0;
  const looking = setInterval(() => (missing += existsSync(path) ? 0 : 1), 1);
  const paths = await Promise.all(Array.from({ length: 8 }, () => pull({}, { force: true })));
  clearInterval(looking);
  expect(paths).toEqual(Array.from({ length: 8 }, () => path));
  expect([asked, missing]).toEqual([9, 0]);
  expect(kept()).toHaveLength(6);
});

it('a file that is no archive is kept as it is', async () => {
  const { folder: _, main: __, ...file } = model;
  const path = await pullModel('demo', { cache, models: [file] });
  expect(readFileSync(join(path, 'demo.tgz')).equals(archive)).toBe(true);
});

it('takes away what a killed pull has left a day ago, not what is at work', async () => {
  for (const [left, age] of [
    ['.pull-old', 2],
    ['.pull-new', 0],
  ] as const) {
    mkdirSync(join(cache, 'models', left), { recursive: true });
    utimesSync(join(cache, 'models', left), new Date(), new Date(Date.now() - age * 86_400_000));
  }
  await pull();
  expect(readdirSync(join(cache, 'models')).filter((name) => name.startsWith('.'))).toEqual(['.pull-new']);
});

describe('what goes wrong leaves nothing', () => {
  it.each<[string, typeof answer, Partial<RegisteredModel>, string, string]>([
    ['not found', 404, {}, 'download', 'cannot download demo (http://127.0.0.1'],
    ['cut short', 'cut', {}, 'download', 'it has 50 bytes, not'],
    ['longer than it should be', 'longer', {}, 'download', 'it is longer than'],
    ['other bytes', 'whole', { sha256: '0'.repeat(64) }, 'download', 'not 0000'],
    [
      'nobody there',
      'whole',
      { source: { url: 'http://127.0.0.1:9/demo.tgz' } },
      'download',
      'Is this machine online?',
    ],
    [
      'an archive without the folder',
      'whole',
      { folder: 'package/elsewhere' },
      'weights',
      'has no folder package/elsewhere with files',
    ],
  ])('%s', async (_, how, more, code, message) => {
    answer = how;
    await expect(pull(more)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
    expect(kept()).toEqual(['models']);
  });

  it.each([
    ['in its folder', 'package/model'],
    ['in another folder', 'elsewhere'],
  ])('an archive that unpacks to far more than its size, %s', async (_, where) => {
    const bytes = await bomb(where);
    const good = archive;
    archive = bytes;
    try {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await expect(pull({ sha256, bytes: bytes.length })).rejects.toMatchObject({
        code: 'weights',
        message: expect.stringMatching(/^the archive has more than \d+ bytes or 10000 files$/) as unknown,
      });
    } finally {
      archive = good;
    }
    expect(kept()).toEqual(['models']);
  });

  it('what is no archive at all', async () => {
    const bytes = Buffer.from('not gzip');
    const good = archive;
    archive = bytes;
    try {
      await expect(
        pull({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }),
      ).rejects.toMatchObject({ code: 'output' });
    } finally {
      archive = good;
    }
    expect(kept()).toEqual(['models']);
  });

  it('damaged after many files, which nothing writes afterwards', async () => {
    const content = mkdtempSync(join(folder, 'many-'));
    mkdirSync(join(content, 'package/model'), { recursive: true });
    for (let i = 0; i < 50; i++) writeFileSync(join(content, `package/model/${i}.bin`), Buffer.alloc(10, i));
    const file = join(content, 'archive.tar');
    await create({ file, cwd: content, portable: true }, ['package']);
    const tar = readFileSync(file);
    tar[tar.indexOf('package/model/9.bin') + 150]! ^= 1; // Its checksum.
    const good = archive;
    archive = gzipSync(tar);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    try {
      for (let i = 0; i < 20; i++) {
        await expect(pull({ sha256, bytes: archive.length })).rejects.toMatchObject({ code: 'output' });
        expect(kept()).toEqual(['models']);
      }
      await sleep(100);
    } finally {
      archive = good;
    }
    expect(kept()).toEqual(['models']);
  });

  it('ended half-way', async () => {
    answer = 'hangs';
    const ending = new AbortController();
    const pulling = pull({}, { signal: ending.signal });
    setTimeout(() => ending.abort(), 50);
    await expect(pulling).rejects.toMatchObject({ code: 'interrupted' });
    expect(kept()).toEqual(['models']);
  });

  it('ended while it unpacks', async () => {
    const good = archive;
    archive = await bomb('package/model', 40);
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const ending = new AbortController();
    const watching = setInterval(() => kept().some((file) => file.endsWith('.bin')) && ending.abort(), 1);
    try {
      const pulling = pull({ sha256, bytes: archive.length }, { signal: ending.signal });
      await expect(pulling).rejects.toMatchObject({ code: 'interrupted' });
    } finally {
      clearInterval(watching);
      archive = good;
    }
    expect(kept()).toEqual(['models']);
  });

  it('a cache folder that is a file', async () => {
    writeFileSync(join(cache, 'models'), '');
    await expect(pull()).rejects.toMatchObject({
      code: 'output',
      message: expect.stringContaining(`cannot store demo in ${join(cache, 'models')}: `) as unknown,
    });
  });

  it.skipIf(process.getuid?.() === 0)('a cache folder that may not be written to', async () => {
    chmodSync(cache, 0o500);
    await expect(pull()).rejects.toMatchObject({ code: 'output' });
  });

  it('an npm that is not there, or not online', async () => {
    const source = { npm: 'no-such-package-of-sluice@0.0.0' };
    const { PATH, npm_execpath: npm } = process.env;
    try {
      delete process.env['npm_execpath'];
      process.env['PATH'] = '';
      await expect(pull({ source })).rejects.toMatchObject({
        code: 'download',
        message: expect.stringContaining('spawn npm ENOENT') as unknown,
      });
      process.env['PATH'] = PATH;
      process.env['npm_config_registry'] = 'http://127.0.0.1:9';
      await expect(pull({ source })).rejects.toMatchObject({
        code: 'download',
        message: expect.stringContaining('npm says code ECONNREFUSED') as unknown,
      });
    } finally {
      delete process.env['npm_config_registry'];
      process.env['PATH'] = PATH;
      if (npm !== undefined) process.env['npm_execpath'] = npm;
    }
    expect(existsSync(join(cache, 'models', '.pull-'))).toBe(false);
    expect(kept()).toEqual(['models']);
  });
});

describe('a description that leads elsewhere is refused', () => {
  it.each<[Partial<RegisteredModel>, string]>([
    [{ name: '../demo' }, 'name of "../demo" must be letters'],
    [{ name: '..' }, 'name of'],
    [{ name: 'a/b' }, 'name of'],
    [{ sha256: '../../../..' }, 'sha256 of "demo" must be 64 hexadecimal digits'],
    [{ sha256: 'A'.repeat(64) }, 'sha256 of'],
    [{ bytes: -1 }, 'bytes of'],
    [{ bytes: NaN }, 'bytes of'],
    [{ folder: '../package' }, 'folder of "demo" must be a path without ..'],
    [{ folder: '/etc' }, 'folder of'],
    [{ folder: 'package/../..' }, 'folder of'],
    [{ main: '../../other.json' }, 'main of'],
    [{ main: '..\\other.json' }, 'main of'],
    [{ main: 'C:/other.json' }, 'main of'],
    [{ source: { npm: '--registry=http://127.0.0.1/' } }, 'source.npm of'],
    [{ source: { npm: '../somewhere' } }, 'source.npm of'],
    [{ source: { npm: 'git+ssh://host/it' } }, 'source.npm of'],
    [{ source: { url: 'file:///etc/passwd' } }, 'source.url of'],
  ])('%j', async (more, message) => {
    const models = [{ ...model, ...more }];
    await expect(pullModel('demo', { cache, models })).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining(`models: ${message}`) as unknown,
    });
    expect(() => modelPath('demo', { cache, models })).toThrow(OptionError);
    expect(existsSync(join(cache, 'models'))).toBe(false);
    expect(asked).toBe(0);
  });
});

it.each(['', '__proto__', '../demo', 'Demo'])('there is no model %j', async (name) => {
  const message = `no model ${JSON.stringify(name)} can be downloaded: choose one of demo`;
  await expect(pullModel(name, { cache, models: [model] })).rejects.toMatchObject({ code: 'option', message });
  expect(() => modelPath(name, { cache, models: [model] })).toThrow(message);
});

it('every model has a name of its own, and the hash and the size of its archive', () => {
  for (const { name, sha256, bytes, licence, title } of registeredModels) {
    expect(name).toMatch(/^[a-z\d-]+$/);
    expect(sha256).toMatch(/^[\da-f]{64}$/);
    expect(bytes).toBeGreaterThan(1000);
    expect([licence, title]).not.toContain('');
  }
  expect(new Set(registeredModels.map(({ name }) => name)).size).toBe(registeredModels.length);
  // Models of one archive share its hash, and models of different ones do not.
  const archives = new Set(registeredModels.map(({ source }) => JSON.stringify(source)));
  expect(new Set(registeredModels.map(({ sha256 }) => sha256)).size).toBe(archives.size);
});
