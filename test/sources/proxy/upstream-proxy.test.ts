import { expect, it } from 'vitest';
import { proxyAuthorization, upstreamProxy } from '../../../src/sources/proxy/upstream-proxy.ts';

const of = (host: string, http_proxy?: string, no_proxy?: string) =>
  upstreamProxy(host, { http_proxy, no_proxy })?.href;

it('is the one of the environment', () => {
  expect(of('example.org')).toBeUndefined();
  expect(of('example.org', '')).toBeUndefined();
  expect(of('example.org', 'http://proxy:3128')).toBe('http://proxy:3128/');
});

it.each(['socks5://proxy', 'proxy:3128', 'http://', 'https://proxy'])('%o is none', (proxy) => {
  expect(of('example.org', proxy)).toBeUndefined();
});

it.each([
  ['example.org', 'example.org', true],
  ['a.example.org', 'example.org', true],
  ['a.example.org', '.example.org', true],
  ['a.example.org', '*.example.org', true],
  ['example.org', 'localhost, example.org', true],
  ['example.org', '*', true],
  ['badexample.org', 'example.org', false],
  ['example.org', 'a.example.org', false],
  ['example.org.', '', false],
  ['example.org', ' , ', false],
])('%s with no_proxy=%s: %o', (host, no, isDirect) => {
  expect(of(host, 'http://proxy', no) === undefined).toBe(isDirect);
});

it('gives the user of its URL', () => {
  expect(proxyAuthorization(new URL('http://proxy'))).toEqual({});
  expect(proxyAuthorization(new URL('http://me:p%40ss@proxy'))).toEqual({
    'proxy-authorization': `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
  });
});
