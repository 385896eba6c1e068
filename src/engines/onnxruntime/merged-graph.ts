import { sameButBatch, type Shape } from '../../stage/shape.ts';
import { SharedPool, type Use } from '../shared-pool.ts';
import { LoadedGraph, type GraphDefinition } from './loaded-graph.ts';

/** A graph that is loaded, or being loaded. */
interface Shared {
  readonly definition: GraphDefinition;
  readonly input: Shape;
  readonly graph: Promise<LoadedGraph>;
  /** Whether it has run. */
  warm: boolean;
}

const pool = new SharedPool<Shared>(({ graph }) =>
  graph.then(
    (loaded) => loaded.release(),
    () => undefined,
  ),
);

/**
 * The merged graph of one subscription. It is loaded for the shape of the input, and again when frames of another shape arrive,
 * unless another subscription has the same stages loaded for this shape.
 */
export class MergedGraph {
  readonly #definition: GraphDefinition;
  #use: Use<Shared> | undefined;

  constructor(definition: GraphDefinition) {
    this.#definition = definition;
  }

  /** Whether the graph is loaded for this input shape and has run. */
  isWarm(input: Shape): boolean {
    return this.#take(input).warm;
  }

  /** Returns the graph for an input shape. The batch size may differ. */
  async prepare(input: Shape): Promise<LoadedGraph> {
    const shared = this.#take(input);
    try {
      return await shared.graph;
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** The graph has run. */
  ran(): void {
    if (this.#use) this.#use.value.warm = true;
  }

  /** Ends the use of the graph. */
  release(): void {
    this.#use?.end();
    this.#use = undefined;
  }

  #take(input: Shape): Shared {
    if (!this.#use || !sameButBatch(this.#use.value.input, input)) {
      const definition = this.#definition;
      const use = pool.use(
        definition.parts[0]?.stage ?? this,
        (shared) => sameButBatch(shared.input, input) && isSame(shared.definition, definition),
        (forget) => {
          const graph = LoadedGraph.load(definition, input);
          graph.catch(forget);
          return { definition, input, graph, warm: false };
        },
      );
      // Not before: the pool keeps one graph that nobody uses, which may be the one that is taken.
      this.release();
      this.#use = use;
    }
    return this.#use.value;
  }
}

/** Whether two definitions give the same graph. Stages and settings never change, so it is enough that they are the same objects. */
function isSame(a: GraphDefinition, b: GraphDefinition): boolean {
  return (
    a.settings === b.settings &&
    a.parts.length === b.parts.length &&
    a.parts.every(({ stage, name }, i) => stage === b.parts[i]?.stage && name === b.parts[i]?.name) &&
    String([a.pixels?.scale, a.pixels?.offset]) === String([b.pixels?.scale, b.pixels?.offset])
  );
}
