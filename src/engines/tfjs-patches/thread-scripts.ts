/** What tfjs sends to each thread: the text of a function of its own, which looks for a variable outside of itself. */
const SCRIPT = 'var WasmBackendModuleThreadedSimd = ';
const OUTSIDE = /mainScriptUrlOrBlob\W*\|\|\s*([A-Za-z_$][\w$]*)/;

/**
 * @internal Has the scripts of wasm's threads whole while it starts. A minifier takes their check of whether that variable
 * is there for needless, since where they were written it is: in a thread it is not. What this returns ends it.
 */
export function completeThreadScripts(): () => void {
  const Plain = globalThis.Blob;
  globalThis.Blob = class extends Plain {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      const [text] = parts;
      const [, name] = (typeof text === 'string' && text.startsWith(SCRIPT) && OUTSIDE.exec(text)) || [];
      super(name === undefined ? parts : [`var ${name};`, ...parts], options);
    }
  };
  return () => {
    globalThis.Blob = Plain;
  };
}

/** @internal Rejects with the first error that a thread reports: tfjs would wait for that thread for ever. */
export function threadFailure(): { readonly failure: Promise<never>; readonly stop: () => void } {
  const watching = new AbortController();
  const failure = new Promise<never>((_, reject) => {
    const hear = (event: ErrorEvent) => {
      // Emscripten may throw the event that it got from the thread; threads have scripts of no address.
      const told = event.error instanceof ErrorEvent ? event.error : event;
      if (!told.filename.startsWith('blob:')) return;
      event.preventDefault();
      reject(new Error(`a thread did not start: ${told.message}`));
    };
    globalThis.addEventListener('error', hear as EventListener, { signal: watching.signal });
  });
  return { failure, stop: () => watching.abort() };
}
