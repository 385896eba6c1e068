import type { Shape } from '../stage/shape.ts';
import type { Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';

/** A stage to be written into a graph: its arguments, shapes and weights. */
export interface Layer<Arguments = object> {
  readonly arguments: Arguments;
  readonly input: Shape;
  readonly output: Shape;
  readonly weights: Readonly<Record<string, Weight>>;
}

/** Writes a stage that is one operation into a graph; returns its output. */
export type Lowering<Arguments = never> = (graph: GraphBuilder, x: Value, layer: Layer<Arguments>) => Value;

/** The arguments in a stage's spec, which the stage has checked: each lowering knows the type of its own. */
export function argumentsOf(spec: Spec): never {
  return spec as never;
}
