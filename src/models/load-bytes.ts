import { messageOf, WeightsError } from '../errors.ts';

/**
 * Reads a file that belongs to a model, by URL: `file:` from disk in Node, anything else with `fetch`.
 *
 * Throws `WeightsError` naming the address.
 *
 * @example
 * const bytes = await loadBytes(new URL('weights.safetensors', import.meta.url));
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
    const where = url.protocol === 'file:' ? decodeURIComponent(url.pathname) : url.href;
    throw new WeightsError(`cannot read ${where}: ${messageOf(cause)}`, { cause });
  }
}
