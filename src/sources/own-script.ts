import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// The built scripts are JavaScript. Run from source, as in this project's tests, they need a loader, which is named by the URL
// of its file: by its name, a script in another folder would not find it.
const fromSource = (module: string) => module.endsWith('.ts');
const loader = (module: string, name: string) => pathToFileURL(createRequire(module).resolve(name)).href;

/** @internal The script of a process of sluice's own, beside the module whose URL is given; and Node's options for it. */
export function processScript(name: string, module: string): { readonly url: URL; readonly execArgv: string[] } {
  if (!fromSource(module)) return { url: new URL(`./${name}.js`, module), execArgv: [] };
  return { url: new URL(`./${name}.ts`, module), execArgv: ['--import', loader(module, 'tsx')] };
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
