/**
 * @internal A 32-bit generator of uniform numbers in [0, 1) (Tommy Ettinger's mulberry32, public domain). A seed gives the same
 * numbers everywhere.
 */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @internal The seed of number `n` of several that follow from one seed: of each epoch, say. Whole numbers of any size. */
export function seedOf(seed: number, n: number): number {
  return Math.imul(seed | 0, 1_000_003) + n;
}

/** @internal The numbers from 0 to `count` - 1 in an order that follows from a seed (Fisher and Yates). A seed gives the same order everywhere. */
export function shuffledOrder(count: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const uniform = mulberry32(seed);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(uniform() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
