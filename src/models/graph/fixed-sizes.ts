import type { LoadedGraphModel } from './load-graph.ts';

/** A node, as the converter has read it. */
interface ReadNode {
  readonly name: string;
  readonly op: string;
  readonly category: string;
  readonly inputs: readonly ReadNode[];
  readonly children: readonly ReadNode[];
  /** Where each argument comes from. One that is no tensor is read from the values of a tensor while the graph runs. */
  readonly inputParams: Readonly<Record<string, { readonly type: string; readonly inputIndexStart?: number }>>;
}

/** The categories of operations whose outputs have sizes that follow from the shapes and the arguments. */
const CATEGORIES: ReadonlySet<string> = new Set([
  ...['arithmetic', 'basic_math', 'convolution', 'creation', 'evaluation', 'graph', 'image', 'logical', 'matrices'],
  ...['normalization', 'reduction', 'slice_join', 'spectral', 'transformation'],
]);
/** Operations of those categories that give as many values as they find. */
const COUNTING = /^Unique/;
const RANDOM = /^(Random|StatelessRandom|Truncated|Multinomial)/;
/** Operations that read no values: their inputs are only shapes, or what runs before. */
const READS_NO_VALUE: ReadonlySet<string> = new Set(['Const', 'Shape', 'ShapeN', 'Size', 'Rank']);

/**
 * @internal Whether each tensor of a run has the size that it has in every run with inputs of the same shapes: no operation counts
 * what it finds, and no argument, such as the shape of `Reshape`, is computed from the values of the inputs. What one such run
 * takes, all take. `fed`: the names of the nodes that get other values in each run; any node can.
 */
export function hasFixedSizes(model: LoadedGraphModel, fed: ReadonlySet<string>): boolean {
  const { executor } = model as unknown as {
    readonly executor: { readonly graph: { readonly nodes: Readonly<Record<string, ReadNode>> } };
  };
  const nodes = Object.values(executor.graph.nodes);
  const changing = new Set(
    nodes.filter(({ name, op, inputs }) => fed.has(name) || RANDOM.test(op) || (inputs.length === 0 && op !== 'Const')),
  );
  for (const node of changing) {
    for (const child of node.children) if (!READS_NO_VALUE.has(child.op)) changing.add(child);
  }
  return nodes.every(
    ({ op, category, inputs, inputParams }) =>
      CATEGORIES.has(category) &&
      !COUNTING.test(op) &&
      Object.values(inputParams).every(({ type, inputIndexStart: at }) => {
        if (type === 'tensor' || type === 'tensors' || at === undefined) return true;
        const from = inputs.at(at);
        return from !== undefined && !changing.has(from);
      }),
  );
}
