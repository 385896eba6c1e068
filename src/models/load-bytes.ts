import { messageOf, WeightsError } from '../errors/errors.ts';
import { fetchWithin } from './fetch-within.ts';

/**
 * Reads a file of a model by its URL: a `file:` URL from disk in Node, any other URL with `fetch`.
 *
 * Throws `WeightsError` that names the URL, also if the file is longer than `maxBytes`.
 *
 * @example
 * const bytes = await loadBytes(new URL('labels.json', import.meta.url));
 */
export async function loadBytes(url: URL, maxBytes = Infinity): Promise<Uint8Array> {
  try {
    if (url.protocol === 'file:') {
      // Loaded at run time, so that bundlers for the browser find no import of a Node module.
      const { readFile, stat } = process.getBuiltinModule('node:fs/promises');
      if (maxBytes < Infinity) checkLength((await stat(url)).size, maxBytes);
      return await readFile(url);
    }
    const response = await fetchWithin(url);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    }
    return maxBytes < Infinity ? await readAtMost(response, maxBytes) : new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const name = describeUrl(url);
    // `fetch` refuses a URL with a password, and quotes it.
    const why = messageOf(cause).replaceAll(url.href, name);
    throw new WeightsError(`cannot read ${name}: ${why}`, { cause: url.username + url.password ? undefined : cause });
  }
}

/** Reads a response of at most `maxBytes` bytes. It counts them, since a Content-Length header may be wrong. */
async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (const reader = response.body?.getReader(); reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      checkLength(length, maxBytes);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function checkLength(length: number, maxBytes: number): void {
  if (length > maxBytes) throw new Error(`it is longer than the limit of ${maxBytes} bytes`);
}

/**
 * Formats a `file:` URL as a path, and any other URL without its user, password and parameters, which may be secrets.
 *
 * @example
 * console.log(describeUrl(new URL('file:///models/my%20model.json'))); // /models/my model.json
 */
export function describeUrl(url: URL): string {
  if (url.protocol !== 'file:') return url.href.replace(/(?<=\/\/)[^/]*@|\?.*/g, '');
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    return url.href;
  }
}
