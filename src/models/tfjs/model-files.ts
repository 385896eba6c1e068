import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, OptionError, WeightsError } from '../../errors/errors.ts';
import { mainUrl } from '../main-url.ts';
import { describeUrl, loadBytes } from '../load-bytes.ts';
import { HEAD, Refused, type ByteLimit } from '../read-at-most.ts';
import { isA } from '../../errors/is-a.ts';

/**
 * The source of a model: its main file or its folder, or a list with all its files. A string is a URL, or a path in Node, or an
 * address relative to the page in a browser. A URL that ends in `/` is a folder with a `model.json`.
 */
export type ModelSource = string | URL | readonly File[];

/** The files of a model. */
export interface ModelFiles {
  /** The name of the main file in messages. */
  readonly name: string;
  /** Reads the main file. */
  main(limit: ByteLimit): Promise<Uint8Array>;
  /** Reads a file beside the main file. */
  beside(path: string, maxBytes: number): Promise<Uint8Array>;
  /** Reads a file beside the main file, or above its folder if that is called `onnx`; resolves to undefined if there is none. */
  besideIfAny(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** @internal The files of a source. `signal` ends reading them. Throws `OptionError` and `WeightsError` for a list of files that is not a model. */
export function modelFiles(source: ModelSource, signal?: AbortSignal): ModelFiles {
  if (typeof source === 'string' || isA('URL', source)) return filesAt(mainUrl(source), signal);
  if (Array.isArray(source) && source.length > 0 && source.every((file: unknown) => isA('File', file))) {
    return filesGiven(source);
  }
  throw new OptionError(
    `the source of a model must be a path, a URL or a list of File objects, not ${describeValue(source)}`,
  );
}

function filesAt(url: URL, signal: AbortSignal | undefined): ModelFiles {
  const read = (path: string, maxBytes: number) => loadBytes(urlBeside(url, path), maxBytes, signal);
  // Hugging Face has the settings of `onnx/model.onnx` in the folder above.
  const above = /\/onnx\/[^/]+$/.test(url.pathname) ? new URL('..', url) : undefined;
  return {
    name: describeUrl(url),
    main: (limit) => loadBytes(url, limit, signal),
    beside: read,
    async besideIfAny(path, maxBytes) {
      for (const where of above ? [url, above] : [url]) {
        try {
          return await loadBytes(urlBeside(where, path), maxBytes, signal);
        } catch (error) {
          if (signal?.aborted || (error as WeightsError).cause instanceof Refused) throw error;
        }
      }
      return undefined;
    },
  };
}

function urlBeside(url: URL, path: string): URL {
  checkPath(describeUrl(url), path);
  // The path is encoded, so that `%2e%2e` is a file name and not the parent folder.
  const relative = path.split('/').map(encodeURIComponent).join('/');
  if (!URL.canParse(relative, url)) {
    throw new WeightsError(`${describeUrl(url)} has no folder, so ${JSON.stringify(path)} can't be beside it`);
  }
  const found = new URL(relative, url);
  found.search = url.search;
  return found;
}

/** Throws `WeightsError` for a path that leaves the folder. */
export function checkPath(name: string, path: string): void {
  const inside = path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Cc}]/u.test(part));
  if (inside) return;
  throw new WeightsError(
    `${name} has weights in ${JSON.stringify(path)}: the path must be relative to its folder, without '..'`,
  );
}

function filesGiven(files: readonly File[]): ModelFiles {
  const names = files.map(({ name }) => name).join(', ');
  const called = (name: string) => files.filter((file) => file.name === name);
  const main = mainFile(files);
  if (!main) {
    throw new WeightsError(
      `none of ${names} is a model: add one model.json, or one .safetensors, .onnx, .h5 or .keras file`,
    );
  }
  const read = async (file: File, maxBytes: number, part: Blob = file) => {
    if (part.size > maxBytes) {
      throw new WeightsError(`cannot read ${file.name}: it is longer than the limit of ${maxBytes} bytes`);
    }
    try {
      return new Uint8Array(await part.arrayBuffer());
    } catch (cause) {
      throw new WeightsError(`cannot read ${file.name}: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    name: main.name,
    async main(limit) {
      if (typeof limit === 'number') return read(main, limit);
      const begin = (length: number) => read(main, length, main.slice(0, length));
      let [known, most] = [HEAD, limit(await begin(HEAD))];
      while (main.size > most && most > known) [known, most] = [most, limit(await begin(most))];
      return read(main, most);
    },
    async beside(path, maxBytes) {
      checkPath(main.name, path);
      const name = path.split('/').at(-1) ?? path;
      const [file, second] = called(name);
      if (second) throw new WeightsError(`two files are called ${name}: give the files of one model only`);
      if (!file) throw new WeightsError(`${main.name} needs ${name}, which is not among ${names}: add it`);
      return read(file, maxBytes);
    },
    async besideIfAny(path, maxBytes) {
      const [file] = called(path);
      return file ? read(file, maxBytes) : undefined;
    },
  };
}

/** Files beside a model that state its settings. */
const SETTINGS: ReadonlySet<string> = new Set(['metadata.json', 'config.json', 'preprocessor_config.json']);

/** The files that are a model by themselves, by the ends of their names. */
const WHOLE = /\.(safetensors|onnx|h5|hdf5|keras|zip)$/i;

/** The main file among several: `model.json`, else the only JSON file, else the only file that is a model, else the only file. */
function mainFile(files: readonly File[]): File | undefined {
  const json = files.filter(({ name }) => name.endsWith('.json') && !SETTINGS.has(name));
  const named = json.filter(({ name }) => name === 'model.json');
  for (const candidates of [named, json, files.filter(({ name }) => WHOLE.test(name)), files]) {
    if (candidates.length === 1) return candidates[0];
  }
  return undefined;
}
