import { OptionError } from '../errors/errors.ts';
import { IN_NODE } from '../engines/in-node.ts';

/** Two letters at least: `C:\models` is a path. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

/**
 * @internal The URL of a model's main file. A string is a URL, a path in Node, or relative to the page. A URL that ends in `/`
 * and, on disk, a folder stand for the `model.json` inside. Throws `OptionError` for text that is no URL.
 */
export function mainUrl(source: string | URL): URL {
  const url = typeof source === 'string' ? urlOf(source) : source;
  const whole = url.pathname.endsWith('/');
  if (url.protocol === 'indexeddb:' || !(whole || isFolder(url))) return url;
  const folder = whole ? url : new URL(`${url.pathname}/`, url);
  const inside = new URL(url.protocol === 'file:' ? (mainFileIn(folder) ?? 'model.json') : 'model.json', folder);
  inside.search = url.search;
  return inside;
}

/** The names of main files that programs give to the models they write. */
const MAIN_FILES = ['model.json', 'keras_model.h5', 'model.onnx', 'saved_model.pb'] as const;

/** @internal The name of the main file in a folder on disk, if there is one. A SavedModel has one that no reader reads. */
export function mainFileIn(folder: URL): string | undefined {
  return IN_NODE
    ? MAIN_FILES.find((name) => process.getBuiltinModule('node:fs').existsSync(new URL(name, folder)))
    : undefined;
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
