import { messageOf, SourceError, WeightsError } from '../errors/errors.ts';
import { fetchWithin } from './fetch-within.ts';
import { readAtMost, type ByteLimit } from './read-at-most.ts';

/**
 * Reads a file of a model by its URL: a `file:` URL from disk in Node, any other URL with `fetch`. It takes no more memory than
 * `limit` allows, however long the file is and whatever its length is said to be.
 *
 * Throws `WeightsError` that names the URL, also if the file is longer than `limit` or is not a regular file. Throws `SourceError`
 * (code `interrupted`) once `signal` is aborted.
 *
 * @example
 * const bytes = await loadBytes(new URL('labels.json', import.meta.url), 10_000_000);
 */
export async function loadBytes(url: URL, limit: ByteLimit, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    signal?.throwIfAborted();
    if (url.protocol !== 'file:') return await download(url, limit, signal);
    const { readRegularFile } = await import('./read-regular-file.ts');
    return await readRegularFile(url, limit, signal);
  } catch (cause) {
    const name = describeUrl(url);
    if (signal?.aborted) throw new SourceError('interrupted', `the loading of ${name} was cancelled`, { cause });
    if (cause instanceof WeightsError) throw cause;
    // `fetch` refuses a URL with a password, and quotes it.
    const why = messageOf(cause).replaceAll(url.href, name);
    throw new WeightsError(`cannot read ${name}: ${why}`, { cause: url.username + url.password ? undefined : cause });
  }
}

async function download(url: URL, limit: ByteLimit, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetchWithin(url, signal ? { signal } : {});
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`);
  }
  // Of a compressed answer this is another length.
  const perhaps = Number(response.headers.get('content-length')) || 0;
  return readAtMost(chunksOf(response), limit, perhaps);
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array, void> {
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) yield read.value;
  } finally {
    await reader?.cancel();
  }
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
