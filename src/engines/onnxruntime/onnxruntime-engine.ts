import type { Shape } from '../../shape.ts';
import type { Part } from '../../stage.ts';
import type { GraphEngine, Segment } from '../graph-engine.ts';
import { GraphRun } from './graph-run.ts';
import { probe } from './graph-session.ts';
import { loadRuntime, type OnnxRuntimeOptions } from './load-runtime.ts';

/** Starts ONNX Runtime; throws where it is not installed, or can't do what is asked of it. */
export async function startOnnxRuntime(options: OnnxRuntimeOptions): Promise<GraphEngine> {
  const settings = await loadRuntime(options);
  await probe(settings);
  return {
    segments(parts) {
      if (!parts.some(({ stage }) => stage.portable)) return undefined;
      return segmentsOf(parts).map((segment) =>
        segment[0]?.stage.portable
          ? { parts: segment, run: (frames, subscriber) => new GraphRun(segment, settings, subscriber).start(frames) }
          : { parts: segment, run: undefined },
      );
    },
  } satisfies { segments(parts: readonly Part[]): readonly Segment[] | undefined };
}

/** Cut between stages that can be part of a graph and others; where shapes are declared, each segment knows its own. */
function segmentsOf(parts: readonly Part[]): Part[][] {
  const segments: Part[][] = [];
  let shape: Shape | undefined;
  for (const [i, part] of parts.entries()) {
    shape = part.inputShape ?? shape;
    if (i > 0 && part.stage.portable === parts[i - 1]?.stage.portable) segments.at(-1)?.push(part);
    else segments.push([{ ...part, inputShape: shape }]);
    shape = shape && part.stage.outputShape(shape);
  }
  return segments;
}
