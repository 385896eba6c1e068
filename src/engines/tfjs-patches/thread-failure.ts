/**
 * Watches the wasm backend's threads while it starts: `failure` rejects with the first error that a thread reports, until
 * `stop` is called. Without this, tfjs waits forever for a thread that failed to start. No upstream issue known.
 */
export function threadFailure(): { readonly failure: Promise<never>; readonly stop: () => void } {
  const watching = new AbortController();
  const failure = new Promise<never>((_, reject) => {
    const onError = (event: ErrorEvent) => {
      // Emscripten may throw the event itself that it got from the thread. The scripts of threads have blob: addresses.
      const original = event.error instanceof ErrorEvent ? event.error : event;
      if (!original.filename.startsWith('blob:')) return;
      event.preventDefault();
      reject(new Error(`a thread did not start: ${original.message}`));
    };
    globalThis.addEventListener('error', onError as EventListener, { signal: watching.signal });
  });
  return { failure, stop: () => watching.abort() };
}
