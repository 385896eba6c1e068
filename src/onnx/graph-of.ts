import type { FromPixels } from '../stage/pixels.ts';
import type { Shape } from '../stage/shape.ts';
import type { NamedStage } from '../stage/stage.ts';
import { GraphBuilder } from './graph-builder.ts';
import { lower } from './lower.ts';
import { lowerPixels } from './lower-norm.ts';
import type { OnnxGraph } from './onnx-model.ts';

/** What else a graph is made of. */
export interface GraphOptions {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What becomes of the bytes of a picture, where that is what goes in. */
  readonly pixels?: FromPixels | undefined;
}

/** Stages in a row as one graph, from `input` to `output`; throws `WeightsError` where weights are missing. */
export function graphOf(
  name: string,
  parts: readonly NamedStage[],
  input: Shape,
  { metadata, pixels }: GraphOptions = {},
): OnnxGraph {
  const graph = new GraphBuilder(input, pixels !== undefined);
  const first = pixels
    ? graph.within(parts[0]?.name ?? '', () => lowerPixels(graph, graph.input, pixels))
    : graph.input;
  const result = parts.reduce((x, part) => lower(graph, x, part.name, part.stage), first);
  return graph.finish(name, result, metadata);
}
