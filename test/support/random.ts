/**
 * The seed of random tests: `FUZZ_SEED`, else the same in every run, so that a test fails because of a change and not by chance.
 * A test that uses it names it in its title. `FUZZ_SEED=… npx vitest run <file>` draws other inputs.
 */
export const seed = Number(given() || 20_260_104);

/** In a page, Vite puts the variables in. */
function given(): string | undefined {
  return typeof process === 'undefined' ? import.meta.env['FUZZ_SEED'] : process.env['FUZZ_SEED'];
}

/** Repeatable uniform numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
