import { BehaviorSubject, type Observable } from 'rxjs';
import type { Example } from './messages.ts';

/** A class, and its examples from the first to the last. */
export interface TaughtClass {
  /** Stays the same when the name changes. */
  readonly id: number;
  readonly name: string;
  readonly examples: readonly Example[];
}

/** The most examples of all classes together: 16 MB. */
export const MOST = 1000;

/** The classes that a model learns, and their examples. */
export class Lesson {
  readonly #classes = new BehaviorSubject<readonly TaughtClass[]>([]);
  #ids = 0;
  #before: readonly TaughtClass[] | undefined;

  constructor() {
    this.addClass();
    this.addClass();
  }

  /** All classes: those of now, and again after each change. */
  get classes(): Observable<readonly TaughtClass[]> {
    return this.#classes;
  }

  /** All classes of now. */
  get now(): readonly TaughtClass[] {
    return this.#classes.value;
  }

  /** How many examples there are. */
  get count(): number {
    return this.now.reduce((sum, { examples }) => sum + examples.length, 0);
  }

  /** How many more examples can be added. */
  get room(): number {
    return MOST - this.count;
  }

  has(id: number): boolean {
    return this.now.some((one) => one.id === id);
  }

  /** Adds a class with a name that none has. Returns its id. */
  addClass(): number {
    const names = new Set(this.now.map(({ name }) => name));
    let n = this.now.length + 1;
    while (names.has(`Class ${n}`)) n++;
    const id = ++this.#ids;
    this.#set([...this.now, { id, name: `Class ${n}`, examples: [] }]);
    return id;
  }

  /** Says why a class can't have a name; undefined if it can. */
  refusal(id: number, name: string): string | undefined {
    const wanted = name.trim();
    if (wanted === '') return 'Give the class a name.';
    const other = this.now.find((one) => one.id !== id && one.name === wanted);
    return other && `Another class is “${wanted}”: give each a name of its own.`;
  }

  /** Renames a class, unless the name is refused. */
  rename(id: number, name: string): void {
    const wanted = name.trim();
    const isOther = this.now.some((one) => one.id === id && one.name !== wanted);
    if (isOther && this.refusal(id, name) === undefined) this.#change(id, (one) => ({ ...one, name: wanted }));
  }

  /** Adds an example. Returns false, and adds nothing, if there is no room or the class was removed. */
  add(id: number, example: Example): boolean {
    if (this.room <= 0 || !this.has(id)) return false;
    this.#change(id, (one) => ({ ...one, examples: [...one.examples, example] }));
    return true;
  }

  /** Removes a class with its examples, unless only two are left. */
  removeClass(id: number): void {
    if (this.now.length > 2) this.#replace(this.now.filter((one) => one.id !== id));
  }

  removeLast(id: number): void {
    this.#replace(this.now.map((one) => (one.id === id ? { ...one, examples: one.examples.slice(0, -1) } : one)));
  }

  removeAll(id: number): void {
    this.#replace(this.now.map((one) => (one.id === id ? { ...one, examples: [] } : one)));
  }

  /** Takes these classes in place of those of now. */
  open(classes: readonly Pick<TaughtClass, 'name' | 'examples'>[]): void {
    this.#replace(classes.map(({ name, examples }) => ({ id: ++this.#ids, name, examples })));
  }

  /** Whether what was removed last can be brought back: nothing has changed since. */
  get canUndo(): boolean {
    return this.#before !== undefined;
  }

  /** Brings back what was removed last. */
  undo(): void {
    if (this.#before) this.#set(this.#before);
  }

  #change(id: number, change: (one: TaughtClass) => TaughtClass): void {
    this.#set(this.now.map((one) => (one.id === id ? change(one) : one)));
  }

  #replace(classes: readonly TaughtClass[]): void {
    const before = this.now;
    this.#set(classes);
    this.#before = before;
  }

  #set(classes: readonly TaughtClass[]): void {
    this.#before = undefined;
    this.#classes.next(classes);
  }
}
