import type { Shape } from '../../shape.ts';
import type { Part } from '../../stage.ts';
import type { GraphEngine, Runner } from '../graph-engine.ts';
import { GraphRun } from './graph-run.ts';
import { probe } from './graph-session.ts';
import { inSegments } from './in-segments.ts';
import { loadRuntime, type OnnxRuntimeOptions } from './load-runtime.ts';

/** Starts ONNX Runtime; throws where it is not installed, or can't do what is asked of it. */
export async function startOnnxRuntime(options: OnnxRuntimeOptions): Promise<GraphEngine> {
  const settings = await loadRuntime(options);
  await probe(settings);
  const asGraph: Runner = (parts, frames, subscriber) => new GraphRun(parts, settings, subscriber).start(frames);
  return {
    run(parts, frames, subscriber, onTfjs) {
      if (!parts.some(({ stage }) => stage.portable)) return false;
      const segments = segmentsOf(parts).map((segment) => ({
        parts: segment,
        run: segment[0]?.stage.portable ? asGraph : onTfjs,
      }));
      inSegments(parts, segments, frames, subscriber);
      return true;
    },
  };
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
