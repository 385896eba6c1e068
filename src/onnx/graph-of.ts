import type { FromPixels } from '../stage/pixels.ts';
import type { Shape } from '../stage/shape.ts';
import type { NamedStage } from '../stage/stage.ts';
import { GraphBuilder } from './graph-builder.ts';
import { lower } from './lower.ts';
import { lowerPixels } from './lower-norm.ts';
import type { OnnxGraph } from './onnx-model.ts';

/** Options of {@link graphOf}. */
export interface GraphOptions {
  /** Texts to store in the graph, by name. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** For a graph that takes the bytes of a picture: how they are converted to numbers. */
  readonly pixels?: FromPixels | undefined;
}

/** Stages that run one after the other as one graph, from `input` to `output`. Throws `WeightsError` for missing weights. */
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
