import { SourceError } from 'sluice';

/** The progress of a download in bytes; `whole` is undefined if the size is not known. */
export interface Progress {
  readonly loaded: number;
  readonly whole: number | undefined;
}

/** A server that sends nothing for this long, in ms, is given up. */
const PATIENCE = 30_000;

/** Fetches a file and reports the progress. Throws a `SourceError` (code `download`) that names the file, and what `signal` aborts with. */
export async function fetchAll(
  url: URL,
  told: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = url.pathname.split('/').at(-1) ?? '';
  const failed = (why: string, cause?: unknown) =>
    new SourceError('download', `${file} can’t be loaded: ${why}`, { cause });
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(failed(`the server sent nothing for ${PATIENCE / 1000} seconds`)), PATIENCE);
  };
  try {
    wait();
    const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) });
    if (!response.ok || !response.body) throw failed(`the server answered ${response.status}`);
    // The length of a compressed answer is not that of the file.
    const length = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length'));
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let loaded = 0;
    for (const reader = response.body.getReader(); ;) {
      wait();
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
      chunks.push(value);
      loaded += value.length;
      told({ loaded, whole: length > 0 ? length : undefined });
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SourceError) throw cause;
    throw failed('the connection failed or broke off', cause);
  } finally {
    clearTimeout(timer);
  }
}
