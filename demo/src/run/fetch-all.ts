/** The progress of a download in bytes; `whole` is undefined if the size is not known. */
export interface Progress {
  readonly loaded: number;
  readonly whole: number | undefined;
}

/** Fetches a file and reports the progress. Throws if the server answers with an error. */
export async function fetchAll(url: URL, told: (progress: Progress) => void): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok || !response.body) {
    throw new Error(`${url.pathname} can't be loaded: the server answered ${response.status}`);
  }
  // The length of a compressed answer is not that of the file.
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
