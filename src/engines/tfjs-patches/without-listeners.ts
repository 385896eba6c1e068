/**
 * Starts the wasm backend and removes the process listeners that its loader adds in Node. They rethrow every uncaught error
 * from inside the loader's minified file, so that Node prints that file instead of the error. Listeners that others add in
 * the meantime stay: the loader's are recognized by their source text.
 *
 * https://github.com/tensorflow/tfjs/issues/5851 (fixed only for `dispose`), from
 * https://github.com/emscripten-core/emscripten/issues/7855
 */
export async function withoutListeners<T>(start: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return start();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'exit')));
  try {
    return await start();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before[i]?.has(listener) && RETHROWS.test(String(listener))) process.removeListener(event, listener);
      }
    });
  }
}

/** The source text of a function that does nothing but throw its argument. */
const RETHROWS =
  /^function ?\(\w+\) ?\{\s*(if ?\(!\(\w+ instanceof ExitStatus\)\) ?\{\s*throw \w+;?\s*\}|throw \w+;?)\s*\}$/;
