/**
 * @internal The wasm backend's loader leaves process listeners behind that rethrow every uncaught error from inside its minified
 * file, so that Node prints that file instead of the error; they go again. Those of others that came meanwhile stay:
 * the loader's do nothing but throw.
 */
export async function withoutListeners<T>(begin: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return begin();
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'exit')));
  try {
    return await begin();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before[i]?.has(listener) && RETHROWS.test(String(listener))) process.removeListener(event, listener);
      }
    });
  }
}

const RETHROWS =
  /^function ?\(\w+\) ?\{\s*(if ?\(!\(\w+ instanceof ExitStatus\)\) ?\{\s*throw \w+;?\s*\}|throw \w+;?)\s*\}$/;
