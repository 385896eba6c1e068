import { OptionError } from '../errors/errors.ts';
import { IN_NODE } from '../engines/in-node.ts';
import { mainFileIn } from './main-file.ts';

/** Two letters at least: `C:\models` is a path. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

/**
 * @internal The URL of a model's main file. A string is a URL, a path in Node, or relative to the page. A URL that ends in `/`
 * stands for the `model.json` inside, and a folder on disk for the model inside. Throws `OptionError` for text that is no URL, and
 * for a folder without a model.
 */
export function mainUrl(source: string | URL): URL {
  const url = typeof source === 'string' ? urlOf(source) : source;
  const whole = url.pathname.endsWith('/');
  if (url.protocol === 'indexeddb:') return url;
  if (isFolder(url)) {
    const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');
    return pathToFileURL(mainFileIn(fileURLToPath(url)));
  }
  if (!whole) return url;
  const inside = new URL('model.json', url);
  inside.search = url.search;
  return inside;
}

function urlOf(text: string): URL {
  if (text === '') throw new OptionError('the source of a model is an empty string: give a path or a URL');
  if (!SCHEME.test(text) && IN_NODE) {
    // Loaded at run time, so that bundlers for the browser find no import of a Node module.
    const path = process.getBuiltinModule('node:path');
    return process.getBuiltinModule('node:url').pathToFileURL(path.resolve(text));
  }
  const page = typeof document === 'undefined' ? globalThis.location?.href : document.baseURI;
  if (URL.canParse(text, page)) return new URL(text, page);
  throw new OptionError(`the source of a model is ${text}, which is not a URL`);
}

function isFolder(url: URL): boolean {
  if (!IN_NODE || url.protocol !== 'file:') return false;
  try {
    return process.getBuiltinModule('node:fs').statSync(url).isDirectory();
  } catch {
    // Reading the file will say why it can't be read.
    return false;
  }
}
