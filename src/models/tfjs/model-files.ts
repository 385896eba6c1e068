import { messageOf, OptionError, WeightsError } from '../../errors/errors.ts';
import { describeUrl, loadBytes } from '../load-bytes.ts';

/** Where a model of several files is: the address of one of them, or the files themselves, as a page gets them. */
export type ModelSource = URL | readonly File[];

/** @internal A model's files, wherever they are. */
export interface ModelFiles {
  /** The main one, as messages name it. */
  readonly name: string;
  /** The main one's bytes. */
  main(maxBytes: number): Promise<Uint8Array>;
  /** One beside it. */
  beside(path: string, maxBytes: number): Promise<Uint8Array>;
  /** One beside it that need not be there. */
  besideIfAny(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** @internal */
export function modelFiles(source: ModelSource): ModelFiles {
  if (source instanceof URL) return filesAt(source);
  if (Array.isArray(source) && source.length > 0 && source.every((file: unknown) => file instanceof File)) {
    return filesGiven(source);
  }
  throw new OptionError('a model comes from a URL, or from a list of its files (File objects)');
}

function filesAt(url: URL): ModelFiles {
  const read = (path: string, maxBytes: number) => loadBytes(urlBeside(url, path), maxBytes);
  return {
    name: describeUrl(url),
    main: (maxBytes) => loadBytes(url, maxBytes),
    beside: read,
    async besideIfAny(path, maxBytes) {
      try {
        return await read(path, maxBytes);
      } catch {
        return undefined;
      }
    },
  };
}

function urlBeside(url: URL, path: string): URL {
  checkPath(describeUrl(url), path);
  // Encoded, a path is what it says: `%2e%2e` is a name, not the folder above.
  const relative = path.split('/').map(encodeURIComponent).join('/');
  if (!URL.canParse(relative, url)) {
    throw new WeightsError(`${describeUrl(url)} is in no folder, so there can be no ${JSON.stringify(path)} beside it`);
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
    `${name} has weights in ${JSON.stringify(path)}: they must be in its own folder, as a path without '..'`,
  );
}

function filesGiven(files: readonly File[]): ModelFiles {
  const names = files.map(({ name }) => name).join(', ');
  const called = (name: string) => files.filter((file) => file.name === name);
  const main = mainFile(files);
  if (!main) {
    throw new WeightsError(`there is no model among ${names}: a model.json, or a .safetensors file, is needed`);
  }
  const read = async (file: File, maxBytes: number) => {
    if (file.size > maxBytes) {
      throw new WeightsError(`cannot read ${file.name}: it is longer than the ${maxBytes} bytes it may have`);
    }
    try {
      return new Uint8Array(await file.arrayBuffer());
    } catch (cause) {
      throw new WeightsError(`cannot read ${file.name}: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    name: main.name,
    main: (maxBytes) => read(main, maxBytes),
    async beside(path, maxBytes) {
      checkPath(main.name, path);
      const name = path.split('/').at(-1) ?? path;
      const [file, second] = called(name);
      if (second) throw new WeightsError(`two of the files are called ${name}: give those of one model`);
      if (!file) throw new WeightsError(`${main.name} needs ${name}, which is not among ${names}: give it, too`);
      return read(file, maxBytes);
    },
    async besideIfAny(path, maxBytes) {
      const [file] = called(path);
      return file ? read(file, maxBytes) : undefined;
    },
  };
}

function mainFile(files: readonly File[]): File | undefined {
  const json = files.filter(({ name }) => name.endsWith('.json') && name !== 'metadata.json');
  const named = json.filter(({ name }) => name === 'model.json');
  for (const candidates of [named, json, files.filter(({ name }) => name.endsWith('.safetensors'))]) {
    if (candidates.length === 1) return candidates[0];
  }
  return undefined;
}
