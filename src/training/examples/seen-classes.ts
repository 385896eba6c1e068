import { TrainingError } from '../../errors/errors.ts';
import { classOf, type Target } from '../../errors/frame-label.ts';

/** Which classes the examples of a training are of, as long as they may all be of one. */
export class SeenClasses {
  readonly #classes = new Set<number>();

  note(targets: readonly Target[]): void {
    if (this.#classes.size > 1) return;
    for (const target of targets) this.#classes.add(classOf(target));
  }

  /** Throws `TrainingError` where all examples were of one class. */
  checkSeveral(called: string, examples: number, labels: readonly string[]): void {
    const [only] = this.#classes;
    if (this.#classes.size > 1 || only === undefined) return;
    throw new TrainingError(
      `${called}: all ${examples} examples are of one class, ${labels[only] ?? only}: a model learns to tell classes apart, so give ` +
        'examples of at least two',
      { stage: called },
    );
  }
}
