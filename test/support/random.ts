/**
 * The seed of random tests: `FUZZ_SEED`, else a new one in every run. A test that uses it names it in its title, so that
 * `FUZZ_SEED=… npx vitest run <file>` repeats a run that failed.
 */
export const seed = Number(process.env['FUZZ_SEED'] || Date.now() % 2 ** 31);

/** Repeatable uniform numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
