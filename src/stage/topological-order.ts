/** @internal What {@link topologicalOrder} gives. */
export interface TopologicalOrder {
  /** The nodes, each after its sources. Incomplete when there is a circle. */
  readonly order: readonly string[];
  /** The nodes of the first circle that was found, each before the one it takes its value from. */
  readonly circle?: readonly string[];
}

/**
 * @internal Sorts the nodes that `roots` depend on so that each comes after its sources (depth-first search). Roots keep
 * their order where their sources allow it. The search does not recurse, so graphs of any depth can be sorted.
 */
export function topologicalOrder(
  roots: readonly string[],
  sourcesOf: (node: string) => readonly string[],
): TopologicalOrder {
  const sorted = new Set<string>();
  /** The nodes between a root and the node that is being looked at, in that order. */
  const path = new Set<string>();
  for (const root of roots) {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1) as string;
      const unsorted = sorted.has(node) ? [] : sourcesOf(node).filter((source) => !sorted.has(source));
      if (unsorted.length === 0) {
        sorted.add(node);
        path.delete(node);
        stack.pop();
        continue;
      }
      path.add(node);
      const repeated = unsorted.find((source) => path.has(source));
      if (repeated !== undefined) {
        const nodes = [...path];
        return { order: [...sorted], circle: nodes.slice(nodes.indexOf(repeated)) };
      }
      stack.push(...unsorted);
    }
  }
  return { order: [...sorted] };
}
