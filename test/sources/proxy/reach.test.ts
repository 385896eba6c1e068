import { describe, expect, it } from 'vitest';
import { Reach } from '../../../src/sources/proxy/reach.ts';

const OWN = 'https://example.org';
const OTHER = 'https://cdn.example.net';
const ADDRESS = { public: '8.8.8.8', private: '10.0.0.1', 'link-local': '169.254.169.254', loopback: '127.0.0.1' };

describe('addresses', () => {
  it('the URL that the user gives may be anywhere', () => {
    for (const address of Object.values(ADDRESS)) expect(new Reach({ origin: OWN }).admits(OWN, address)).toBe(true);
  });

  it('no way leads to a nearer address', () => {
    const kinds = Object.entries(ADDRESS);
    for (const [i, [, from]] of kinds.entries()) {
      for (const [j, [, to]] of kinds.entries()) {
        const reach = new Reach({ origin: OWN });
        reach.reached(OWN, from);
        expect(reach.admits(OTHER, to), `${from} to ${to}`).toBe(j <= i);
      }
    }
  });

  it('a name does not become a nearer address', () => {
    const reach = new Reach({ origin: OWN });
    reach.reached(OWN, ADDRESS.public);
    expect(reach.admits(OWN, ADDRESS.loopback)).toBe(false);
    expect(reach.admits(OWN, '9.9.9.9')).toBe(true);
  });

  it('there is no way back by a public server, but for the URL itself', () => {
    const reach = new Reach({ origin: OWN });
    reach.reached(OWN, ADDRESS.private);
    reach.reached(OTHER, ADDRESS.public);
    expect(reach.admits('http://router.lan', ADDRESS.private)).toBe(false);
    expect(reach.admits(OWN, ADDRESS.private)).toBe(true);
    expect(reach.admits(OWN, ADDRESS.loopback)).toBe(false);
  });

  it('before anything is reached, another origin is public or not admitted', () => {
    expect(new Reach({ origin: OWN }).admits(OTHER, ADDRESS.private)).toBe(false);
    expect(new Reach({ origin: OWN }).admits(OTHER, ADDRESS.public)).toBe(true);
  });

  it('another ffmpeg goes on with what is known', () => {
    const before = new Reach({ origin: OWN });
    before.redirected(OTHER);
    before.reached(OWN, ADDRESS.public);
    const reach = new Reach(JSON.parse(JSON.stringify(before.state)));
    expect(reach.state).toEqual(before.state);
    expect(reach.admits(OWN, ADDRESS.loopback)).toBe(false);
    expect(reach.allows(OTHER)).toBe(true);
  });
});

describe('origins', () => {
  it('of a video: its own, and those that servers redirect to', () => {
    const reach = new Reach({ origin: OWN });
    expect(reach.allows(OWN)).toBe(true);
    expect(reach.allows(OTHER)).toBe(false);
    reach.redirected(OTHER);
    expect(reach.allows(OTHER)).toBe(true);
  });

  it('of a playlist: its own, and those that its URL redirects to', () => {
    const reach = new Reach({ origin: OWN, playlist: 'its own', redirects: ['https://edge.example.org'] });
    expect(reach.allows(OTHER)).toBe(false);
    expect(reach.allows('https://edge.example.org')).toBe(true);
    expect(reach.allows('http://example.org')).toBe(false);
    expect(reach.allows(`${OWN}:444`)).toBe(false);
  });

  it('of a playlist that the user trusts: all, but at no nearer address', () => {
    const reach = new Reach({ origin: OWN, playlist: 'any', own: 'public', farthest: 'public' });
    expect(reach.allows(OTHER)).toBe(true);
    expect(reach.admits(OTHER, ADDRESS.private)).toBe(false);
  });
});
