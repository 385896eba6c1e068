/** So many failures within this time, in ms, and a server counts as lost. */
const LOST = { failures: 4, within: 30_000 };

/** How long to wait after each failed request, in seconds; null when the server is lost. mediabunny by itself never gives up. */
export function untilLost(): () => number | null {
  let failures: number[] = [];
  return () => {
    const at = performance.now();
    failures = [...failures.filter((before) => at - before < LOST.within), at];
    return failures.length < LOST.failures ? 0.25 * 2 ** failures.length : null;
  };
}
