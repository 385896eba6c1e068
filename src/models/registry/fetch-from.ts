import { lookup } from 'node:dns/promises';
import { Reach } from '../../sources/proxy/reach.ts';

const MOST_REDIRECTS = 10;

/**
 * Fetches a file whose content is known by its SHA-256, from the origin of its URL or by redirects to servers by `https:`. None of them
 * may have an address that is nearer to this machine than those before.
 */
export async function fetchFrom(url: URL, init: RequestInit): Promise<Response> {
  const reach = new Reach({ origin: url.origin });
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    await checkAddress(at, reach);
    const response = await fetch(at, { ...init, redirect: 'manual' });
    const to = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (to === null) return response;
    await response.body?.cancel();
    at = new URL(to, at);
    if (at.protocol !== 'https:' && at.origin !== url.origin) throw new Error(`it redirects to ${at.origin}`);
  }
  throw new Error(`it redirects more than ${MOST_REDIRECTS} times`);
}

async function checkAddress({ origin, hostname }: URL, reach: Reach): Promise<void> {
  // Where names cannot be resolved, as behind a proxy, `fetch` decides.
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  if (!found.every(({ address }) => reach.admits(origin, address))) {
    throw new Error(`it leads to ${origin}, which is nearer to this machine than the server before`);
  }
  for (const { address } of found) reach.reached(origin, address);
}
