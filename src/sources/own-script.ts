import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The built scripts are JavaScript. Run from source, as in this project's tests, they need a loader, which is named by the URL
// of its file: by its name, a script in another folder would not find it.
const fromSource = (module: string) => module.endsWith('.ts');
const loader = (module: string, name: string) => pathToFileURL(createRequire(module).resolve(name)).href;

/** Node's options that say what a process runs, or that debug it: a child process with them would run the same again. */
const OF_ONE_PROCESS =
  /^(-e|-p|-pe|--eval|--print|--input-type|-i|--interactive|-c|--check|--inspect[\w-]*|--watch[\w-]*|--test[\w-]*)(=|$)/;
/** Those whose value is the next argument, if it does not follow a `=`. */
const BEFORE_VALUE = /^(-e|-p|-pe|--eval|--print|--input-type|--inspect-port|--watch-path)$/;

/** @internal The script of a process of sluice's own, beside the module whose URL is given; and Node's options for it. */
export function processScript(name: string, module: string): { readonly url: URL; readonly execArgv: string[] } {
  const inherited = withoutScript(process.execArgv);
  if (!fromSource(module)) return { url: new URL(`./${name}.js`, module), execArgv: inherited };
  return { url: new URL(`./${name}.ts`, module), execArgv: [...inherited, '--import', loader(module, 'tsx')] };
}

/** @internal The options of this process that a child process takes over. */
export function withoutScript(execArgv: readonly string[]): string[] {
  return execArgv.filter((flag, i) => !OF_ONE_PROCESS.test(flag) && !BEFORE_VALUE.test(execArgv[i - 1] ?? ''));
}

/** @internal The script of a thread of sluice's own, beside the module whose URL is given. */
export function threadScript(name: string, module: string): URL {
  if (!fromSource(module)) return new URL(`./${name}.js`, module);
  // Node's option `--import` does not load tsx in threads.
  const { href } = new URL(`./${name}.ts`, module);
  const api = loader(module, 'tsx/esm/api').replace(/cjs$/, 'mjs');
  const script = `import { register } from '${api}'; register(); await import('${href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}
