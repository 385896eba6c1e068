import type { ClassEvaluation } from './evaluation.ts';

/** Counts how often frames of each class are taken for each class. */
export class Confusion {
  readonly #classes: number;
  readonly #counts: Uint32Array;

  constructor(classes: number) {
    this.#classes = classes;
    this.#counts = new Uint32Array(classes ** 2);
  }

  add(target: number, predicted: number): void {
    const place = target * this.#classes + predicted;
    this.#counts[place] = this.#at(target, predicted) + 1;
  }

  /** A row for each class that frames show, a column for each class they are taken for. */
  get rows(): readonly (readonly number[])[] {
    const size = this.#classes;
    return Array.from({ length: size }, (_, i) => [...this.#counts.subarray(i * size, (i + 1) * size)]);
  }

  /** What the counts say of a class. */
  ofClass(index: number, label: string): ClassEvaluation {
    let [frames, predicted] = [0, 0];
    for (let other = 0; other < this.#classes; other++) {
      frames += this.#at(index, other);
      predicted += this.#at(other, index);
    }
    const right = this.#at(index, index);
    const [precision, recall] = [right / predicted, right / frames];
    return { index, label, frames, predicted, precision, recall, f1: (2 * right) / (frames + predicted) };
  }

  #at(target: number, predicted: number): number {
    return this.#counts[target * this.#classes + predicted] ?? 0;
  }
}
