import { messageOf, WeightsError } from '../errors.ts';

/**
 * Reads a file that belongs to a model, by URL: `file:` from disk in Node, anything else with `fetch`.
 *
 * Throws `WeightsError` naming the address.
 *
 * @example
 * const bytes = await loadBytes(new URL('labels.json', import.meta.url));
 */
export async function loadBytes(url: URL): Promise<Uint8Array> {
  try {
    if (url.protocol === 'file:') {
      // Asked for at run time, so that bundlers for the browser see no Node module.
      const { readFile } = process.getBuiltinModule('node:fs/promises');
      return await readFile(url);
    }
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new WeightsError(`cannot read ${describeUrl(url)}: ${messageOf(cause)}`, { cause });
  }
}

/** A file's path as people write it, any other address as it is. */
export function describeUrl(url: URL): string {
  if (url.protocol !== 'file:') return url.href;
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    return url.href;
  }
}
