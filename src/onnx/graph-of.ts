import type { Shape } from '../shape.ts';
import type { Part } from '../stage.ts';
import { GraphBuilder } from './graph-builder.ts';
import { lower } from './lower.ts';
import type { OnnxGraph } from './onnx-model.ts';

/** Stages in a row as one graph, from `input` to `output`; throws `WeightsError` where weights are missing. */
export function graphOf(
  name: string,
  parts: readonly Part[],
  input: Shape,
  metadata?: Readonly<Record<string, string>>,
): OnnxGraph {
  const graph = new GraphBuilder(input);
  const result = parts.reduce((x, part) => lower(graph, x, part.name, part.stage), graph.input);
  return graph.finish(name, result, metadata);
}
