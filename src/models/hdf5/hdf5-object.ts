import { readDataset, type Dataset } from './dataset.ts';
import type { FileBytes } from './file-bytes.ts';
import { GlobalHeap } from './global-heap.ts';
import { MESSAGE, readMessages, type Message } from './object-header.ts';
import { readAttributes, type ReadTexts } from './read-attributes.ts';
import { readLinks } from './read-links.ts';

/** @internal A group or a dataset of an HDF5 file. Every method throws `WeightsError` where the file is damaged. */
export class Hdf5Object {
  readonly #source: FileBytes;
  readonly #heap: GlobalHeap;
  readonly #messages: readonly Message[];
  /** The objects that were read, by their address. */
  readonly #objects: Map<number, Hdf5Object>;
  #links: ReadonlyMap<string, number> | undefined;
  #dataset: Dataset | undefined;
  #attributes: ReadonlyMap<string, ReadTexts> | undefined;

  private constructor(
    source: FileBytes,
    messages: readonly Message[],
    heap: GlobalHeap,
    objects: Map<number, Hdf5Object>,
  ) {
    this.#source = source;
    this.#messages = messages;
    this.#heap = heap;
    this.#objects = objects;
  }

  static at(source: FileBytes, address: number): Hdf5Object {
    return new Hdf5Object(source, readMessages(source, address), new GlobalHeap(source), new Map());
  }

  /** The names of what the group holds. */
  names(): readonly string[] {
    return [...this.#linked().keys()];
  }

  /** What the group holds under a path, `a/b/c`; undefined if there is nothing. */
  get(path: string): Hdf5Object | undefined {
    const [first = '', ...names] = path.split('/');
    let found = this.#child(first);
    for (const name of names) found = found ? found.#child(name) : undefined;
    return found;
  }

  /** The texts of an attribute; undefined if there is none. */
  texts(name: string): readonly string[] | undefined {
    this.#attributes ??= readAttributes(this.#source, this.#messages);
    return this.#attributes.get(name)?.(this.#heap);
  }

  /** The object as a dataset; undefined for a group. */
  dataset(): Dataset | undefined {
    if (!this.#messages.some(({ type }) => type === MESSAGE.layout)) return undefined;
    return (this.#dataset ??= readDataset(this.#source, this.#messages));
  }

  #linked(): ReadonlyMap<string, number> {
    return (this.#links ??= readLinks(this.#source, this.#messages));
  }

  #child(name: string): Hdf5Object | undefined {
    const address = this.#linked().get(name);
    if (address === undefined) return undefined;
    const known = this.#objects.get(address);
    if (known) return known;
    const object = new Hdf5Object(this.#source, readMessages(this.#source, address), this.#heap, this.#objects);
    this.#objects.set(address, object);
    return object;
  }
}
