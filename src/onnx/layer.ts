import type { Shape } from '../stage/shape.ts';
import type { Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A stage as it is written into a graph. */
export interface Layer<Arguments = object> {
  readonly arguments: Arguments;
  readonly input: Shape;
  readonly output: Shape;
  readonly weights: Readonly<Record<string, Weight>>;
}

/** Writes an operation into a graph; gives what comes out. */
export type Lowering<Arguments = never> = (graph: GraphBuilder, x: Value, layer: Layer<Arguments>) => Value;

/** An operation's arguments, as its spec has them. */
export function argumentsOf(spec: Spec): never {
  return spec as never;
}
