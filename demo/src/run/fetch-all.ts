/** How far a download is, in bytes; the whole is not always known beforehand. */
export interface Progress {
  readonly loaded: number;
  readonly whole: number | undefined;
}

/** Fetches a file and tells how far it is. */
export async function fetchAll(url: URL, told: (progress: Progress) => void): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok || !response.body) {
    throw new Error(`${url.pathname} can't be loaded: the server answered ${response.status}`);
  }
  // What travels compressed is of another length than what arrives.
  const length = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length'));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks);
    chunks.push(value);
    loaded += value.length;
    told({ loaded, whole: length > 0 ? length : undefined });
  }
}
