import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importModel } from 'sluice';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fetchWithin } from '../../src/models/fetch-within.ts';
import { fetchFrom } from '../../src/models/registry/fetch-from.ts';

const asked: string[] = [];
const servers: Server[] = [];
let own = '';
let other = '';

/** Redirects as the parameter `to` says, with 302 or the number of the path; else answers. */
async function serve(): Promise<string> {
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(headers.host ?? '');
    const { searchParams, pathname } = new URL(url, 'http://localhost');
    const to = searchParams.get('to');
    if (to === null) response.end('bytes');
    else response.writeHead(Number(pathname.slice(1)) || 302, to === '' ? {} : { location: to }).end('not this');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const to = (where: string, path = '/'): URL => new URL(`${own}${path}?to=${encodeURIComponent(where)}`);
const read = async (url: URL): Promise<string> => (await fetchWithin(url)).text();

beforeAll(async () => {
  own = await serve();
  other = await serve();
});
afterEach(() => {
  asked.length = 0;
  vi.unstubAllGlobals();
});
afterAll(() => {
  for (const server of servers) server.close();
});

describe('a file of a model', () => {
  it('comes from its URL, or by redirects on its origin', async () => {
    expect(await read(new URL(own))).toBe('bytes');
    expect(await read(to('/there'))).toBe('bytes');
    expect(await read(to(to(`${own}/there`).href))).toBe('bytes');
    for (const status of [301, 303, 307, 308]) expect(await read(to('/there', `/${status}`))).toBe('bytes');
  });

  it('comes from no other origin, and the other server is not asked', async () => {
    for (const url of [to(`${other}/a.bin`), to(to(`${other}/a.bin`).href), to(`//${new URL(other).host}/a.bin`)]) {
      asked.length = 0;
      await expect(read(url)).rejects.toThrow(
        `it redirects to ${other}/a.bin, and a model is read from its own server`,
      );
      expect(asked).not.toContain(new URL(other).host);
    }
  });

  it.each(['file:///etc/hostname', 'data:,bytes', 'http://localhost:1/', 'https://127.0.0.1/', 'http://[::1]/'])(
    'is not %s',
    async (where) => {
      await expect(read(to(where))).rejects.toThrow('it redirects to ');
    },
  );

  it('the error has no secrets', async () => {
    const where = other.replace('//', '//me:hidden@');
    const error = await read(to(`${where}/a.bin?token=hidden#hidden`)).catch(String);
    expect(error).toContain(`${other}/a.bin,`);
    expect(error).not.toContain('hidden');
  });

  it('redirects end', async () => {
    let url = new URL(own);
    for (let n = 0; n < 11; n++) url = to(url.href);
    await expect(read(url)).rejects.toThrow('more than 10 times');
  });

  it('a status of a redirect without an address is an answer', async () => {
    expect((await fetchWithin(to(''))).status).toBe(302);
  });

  it('in a browser, which does not say where a redirect leads, what came from elsewhere is not read', async () => {
    const answer = (url: string): Response => {
      const body = new ReadableStream({ cancel: () => void asked.push('cancelled') });
      return Object.defineProperty(new Response(body), 'url', { value: url });
    };
    let end = '';
    vi.stubGlobal('fetch', (_: URL, { redirect }: RequestInit = {}) =>
      Promise.resolve(
        redirect === 'manual'
          ? Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
          : answer(end),
      ),
    );
    end = `${own}/there`;
    expect((await fetchWithin(new URL(own))).url).toBe(end);
    expect(asked).toEqual([]);
    end = `${other}/a.bin?token=hidden`;
    await expect(fetchWithin(new URL(own))).rejects.toThrow(`it redirects to ${other}/a.bin,`);
    expect(asked).toEqual(['cancelled']);
  });

  it('importModel says which file it was', async () => {
    const error = await importModel(to(`${other}/model.json`)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'WeightsError', code: 'weights' });
    expect(String(error)).toContain(`cannot read ${own}/model.json: it redirects to ${other}/model.json`);
    expect(asked).toEqual([new URL(own).host]);
  });
});

describe('a download whose SHA-256 is known', () => {
  it('comes by redirects on its origin', async () => {
    expect(await (await fetchFrom(to('/there'), {})).text()).toBe('bytes');
  });

  it.each(['http://localhost:1/', 'file:///etc/hostname', 'data:,bytes', 'http://[::1]/'])(
    'is not %s',
    async (where) => {
      await expect(fetchFrom(to(where), {})).rejects.toThrow('it redirects to ');
    },
  );

  it('comes from other servers by https only', async () => {
    await expect(fetchFrom(to(other), {})).rejects.toThrow(`it redirects to ${other}`);
    // This one is asked, and there is none.
    await expect(fetchFrom(to('https://127.0.0.1:1/'), {})).rejects.toThrow('fetch failed');
  });

  it('does not come from a nearer address', async () => {
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response('', { status: 302, headers: { location: 'https://10.0.0.1/' } })),
    );
    await expect(fetchFrom(new URL('http://203.0.113.1/'), {})).rejects.toThrow(
      'it leads to https://10.0.0.1, which is nearer',
    );
    await expect(fetchFrom(new URL('http://127.0.0.1/'), {})).rejects.toThrow('more than 10 times');
  });
});
