import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reach } from '../../../src/sources/proxy/reach.ts';
import { askServer, OutOfReachError } from '../../../src/sources/proxy/server-request.ts';

const names = vi.hoisted(() => new Map<string, readonly LookupAddress[]>());

vi.mock(import('node:dns'), async (original) => ({
  ...(await original()),
  lookup: ((name: string, _: object, done: (error: Error | null, found: readonly LookupAddress[]) => void) => {
    const found = names.get(name);
    done(found ? null : new Error(`no ${name}`), found ?? []);
  }) as never,
}));

let server: Server;
let port = 0;
let asked = 0;

beforeAll(async () => {
  server = createServer((_, response) => {
    asked++;
    response.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  asked = 0;
});
afterAll(() => server.close());

/** What comes of a request to a name that has these addresses: the status, or the error. */
function ask(addresses: readonly string[], reach: Reach): Promise<unknown> {
  names.set(
    'name.test',
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
  return new Promise((resolve) => {
    const request = askServer(
      new URL(`http://name.test:${port}/`),
      { method: 'GET', headers: { host: 'name.test' } },
      reach,
    );
    request.on('response', (response) => resolve(response.resume().statusCode)).on('error', resolve);
    request.end();
  });
}

const own = (): string => `http://name.test:${port}`;

describe('a name', () => {
  it('that the user gives may be this machine, and is remembered as that', async () => {
    const reach = new Reach({ origin: own() });
    expect(await ask(['127.0.0.1'], reach)).toBe(200);
    expect(reach.state).toMatchObject({ own: 'loopback', farthest: 'loopback' });
  });

  it('that a public server leads to is not this machine, and nothing is asked', async () => {
    const reach = new Reach({ origin: 'https://example.org', own: 'public', farthest: 'public' });
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0']) {
      expect(await ask([address], reach), address).toBeInstanceOf(OutOfReachError);
    }
    expect(asked).toBe(0);
  });

  it('that was public does not become this machine', async () => {
    const reach = new Reach({ origin: own(), own: 'public', farthest: 'public' });
    expect(await ask(['127.0.0.1'], reach)).toBeInstanceOf(OutOfReachError);
    expect(asked).toBe(0);
  });

  it('is reached at those of its addresses that are admitted', async () => {
    const reach = new Reach({ origin: 'http://10.0.0.1', own: 'loopback', farthest: 'loopback' });
    expect(await ask(['127.0.0.1', '::1'], reach)).toBe(200);
  });

  it('that cannot be resolved is an error of its own', async () => {
    names.clear();
    const request = askServer(
      new URL('http://nobody.test/'),
      { method: 'GET', headers: {} },
      new Reach({ origin: own() }),
    );
    const error = await new Promise((resolve) => request.on('error', resolve).end());
    expect(error).toMatchObject({ message: 'no nobody.test' });
  });
});

it('an address in numbers is refused before anything is resolved', () => {
  const reach = new Reach({ origin: 'https://example.org', own: 'public', farthest: 'public' });
  for (const host of ['127.0.0.1', '[::1]', '0x7f.1', 'localhost', 'a.localhost', 'localhost.', '[::ffff:a00:1]']) {
    expect(() => askServer(new URL(`http://${host}:${port}/`), { method: 'GET', headers: {} }, reach)).toThrow(
      OutOfReachError,
    );
  }
});
