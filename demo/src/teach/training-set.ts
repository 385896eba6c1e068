import type { TaughtClass } from './lesson.ts';
import type { TrainingSet } from './messages.ts';

/** One example in so many is held out, where each class has as many. */
export const HELD_OUT = 5;

/** The classes that have examples. A model learns those. */
export function withExamples(classes: readonly TaughtClass[]): readonly TaughtClass[] {
  return classes.filter(({ examples }) => examples.length > 0);
}

/** What a model learns of the classes that have examples. Where each has five, every fifth one is held out, to measure with. */
export function trainingSet(all: readonly TaughtClass[]): TrainingSet {
  const classes = withExamples(all);
  const examples = classes.flatMap((one, target) => one.examples.map(({ vector }, i) => ({ vector, target, i })));
  const size = examples[0]?.vector.length ?? 0;
  const vectors = new Float32Array(size * examples.length);
  examples.forEach(({ vector }, i) => vectors.set(vector, i * size));
  const holds = classes.every((one) => one.examples.length >= HELD_OUT);
  const heldOut = examples.flatMap(({ i }, n) => (holds && i % HELD_OUT === HELD_OUT - 1 ? [n] : []));
  return {
    labels: classes.map(({ name }) => name),
    vectors,
    targets: examples.map(({ target }) => target),
    heldOut,
  };
}
