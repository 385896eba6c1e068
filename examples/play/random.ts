/** The seed of number `n` of several that follow from one seed. Whole numbers of any size. */
export function seedOf(seed: number, n: number): number {
  return Math.imul(seed | 0, 1_000_003) + n;
}

/** Numbers from 0 to under 1 that follow from a seed (Tommy Ettinger's mulberry32, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
