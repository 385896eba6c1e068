/** The start of the script that tfjs sends to each thread: the source text of one of its own functions. */
const SCRIPT = 'var WasmBackendModuleThreadedSimd = ';
/** The place where that function uses a variable that is declared outside of it, under the name that a minifier gave it. */
const OUTER_VARIABLE = /mainScriptUrlOrBlob\W*\|\|\s*([A-Za-z_$][\w$]*)/;

/**
 * Repairs the scripts of wasm's threads in minified pages, until the function that it returns is called. The script uses a
 * variable of the module that it was taken from, after a check that the variable exists. Minifiers remove the check, because
 * in the module it always exists. In a thread it does not, and the script throws. This declares it there.
 *
 * https://github.com/tensorflow/tfjs/issues/4253 and https://github.com/tensorflow/tfjs/issues/4539; the fix upstream
 * (https://github.com/tensorflow/tfjs/pull/4562) works only with a minifier option that every page would have to set.
 */
export function completeThreadScripts(): () => void {
  const Original = globalThis.Blob;
  globalThis.Blob = class extends Original {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      const [text] = parts;
      const [, name] = (typeof text === 'string' && text.startsWith(SCRIPT) && OUTER_VARIABLE.exec(text)) || [];
      super(name === undefined ? parts : [`var ${name};`, ...parts], options);
    }
  };
  return () => {
    globalThis.Blob = Original;
  };
}
