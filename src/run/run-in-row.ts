import { free } from '../frames/free.ts';

/**
 * @internal Runs steps one after the other, each on the value the step before it gave. Frees every value in between, also
 * when a step throws, but neither the input nor the last output. Gives the input where there are no steps.
 *
 * `afterEach` runs when a step is done and its input is freed.
 */
export function runInRow(
  input: unknown,
  steps: number,
  run: (step: number, value: unknown) => unknown,
  afterEach?: () => void,
): unknown {
  let value = input;
  for (let step = 0; step < steps; step++) {
    let output: unknown;
    try {
      output = run(step, value);
    } finally {
      if (value !== input && value !== output) free(value);
    }
    value = output;
    afterEach?.();
  }
  return value;
}
