/** The start of the script that tfjs sends to each thread: the source text of one of its own functions. */
const SCRIPT = 'var WasmBackendModuleThreadedSimd = ';
/** The place where that function uses a variable that is declared outside of it, under the name that a minifier gave it. */
const OUTER_VARIABLE = /mainScriptUrlOrBlob\W*\|\|\s*([A-Za-z_$][\w$]*)/;
/** How a thread's own script loads the script above. */
const LOADS_SCRIPT = 'importScripts(e.data.urlOrBlob)';

/**
 * Repairs the scripts of wasm's threads until the function that it returns is called, and passes each thread to `onThread`.
 *
 * - In minified pages, a thread's script uses a variable of the module that it was taken from, after a check that the variable
 *   exists. Minifiers remove the check, because in the module it always exists. In a thread it does not, and the script throws.
 *   This declares it there. https://github.com/tensorflow/tfjs/issues/4253 and
 *   https://github.com/tensorflow/tfjs/issues/4539; the fix upstream (https://github.com/tensorflow/tfjs/pull/4562) works only
 *   with a minifier option that every page would have to set.
 * - A thread loads that script from a `blob:` URL. A Content-Security-Policy that allows `blob:` for workers does not allow it
 *   for scripts. This makes one script of the two. No upstream issue known.
 */
export function completeThreadScripts(onThread: (thread: Worker) => void): () => void {
  const { Blob: PlainBlob, Worker: PlainWorker } = globalThis;
  let script = '';
  // tfjs makes the Worker in the same turn as the Blob of its script.
  let isNext = false;
  const scriptOfThread = (text: string): string | undefined => {
    if (text.startsWith(SCRIPT)) {
      const [, name] = OUTER_VARIABLE.exec(text) ?? [];
      script = name === undefined ? text : `var ${name};${text}`;
    }
    isNext = script !== '' && text.includes(LOADS_SCRIPT);
    return isNext ? `${script};\nself.importScripts = () => {};\n${text}` : undefined;
  };
  globalThis.Blob = class extends PlainBlob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      const [text] = parts;
      const whole = typeof text === 'string' ? scriptOfThread(text) : undefined;
      super(whole === undefined ? parts : [whole], options);
    }
  };
  globalThis.Worker = class extends PlainWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      if (isNext) onThread(this);
      isNext = false;
    }
  };
  return () => void Object.assign(globalThis, { Blob: PlainBlob, Worker: PlainWorker });
}
