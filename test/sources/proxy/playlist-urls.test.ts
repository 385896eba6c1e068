import { expect, it } from 'vitest';
import { beginsPlaylist, plainUrl, withPlainUrls } from '../../../src/sources/proxy/playlist-urls.ts';

it.each([
  ['http://example.org/a?b=c#d', 'http://example.org/a?b=c'],
  ['https://example.org/a', 'http://example.org:443/a'],
  ['https://me:p%40ss@example.org:8443/', 'http://me:p%40ss@example.org:8443/'],
  ['https://me@[2001:db8::1]/a%20b', 'http://me@[2001:db8::1]:443/a%20b'],
])('%s is asked for as %s', (url, plain) => {
  expect(plainUrl(new URL(url))).toBe(plain);
});

it('the URLs of a playlist are asked for in the same way', () => {
  const hosts: string[] = [];
  const text = [
    '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example.org/k?next=https%3A//x"',
    'HTTPS://CDN.example.org:8443/a.ts',
    'http://example.org/b.ts',
    '<BaseURL>https://me:pw@example.net</BaseURL>',
    'https://[::1]/c.ts',
    'c.ts',
  ].join('\n');
  expect(withPlainUrls(text, (host) => hosts.push(host)).split('\n')).toEqual([
    '#EXT-X-KEY:METHOD=AES-128,URI="http://keys.example.org:443/k?next=https%3A//x"',
    'http://CDN.example.org:8443/a.ts',
    'http://example.org/b.ts',
    '<BaseURL>http://me:pw@example.net:443</BaseURL>',
    'http://[::1]:443/c.ts',
    'c.ts',
  ]);
  expect(hosts).toEqual(['keys.example.org:443', 'cdn.example.org:8443', 'example.net:443', '[::1]:443']);
});

it.each([
  ['#EXTM3U\n', true],
  ['\uFEFF#EXTM3U', true],
  ['\r\n <?xml version="1.0"?>', true],
  ['<MPD>', true],
  ['G@\0\x10', false],
  ['<tt>', false],
  ['<\x8f\x01', false],
  ['', false],
  ['#EXT', false],
])('%o begins a playlist: %o', (text, expected) => {
  expect(beginsPlaylist(Buffer.from(text))).toBe(expected);
});
