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
      const segments = segmentsOf(parts, settings.takesPixels).map((segment) => ({
        parts: segment,
        run: segment.at(-1)?.stage.portable ? asGraph : onTfjs,
      }));
      inSegments(parts, segments, frames, subscriber);
      return true;
    },
  };
}

/**
 * Cut between stages that can be part of a graph and others; where shapes are declared, each segment knows its own. A stage
 * from pictures to numbers goes with the graph after it, where that may take bytes.
 */
function segmentsOf(parts: readonly Part[], takesPixels: boolean): Part[][] {
  const segments: Part[][] = [];
  let shape: Shape | undefined;
  const inGraph = (i: number): boolean => {
    const { portable, fromPixels } = parts[i]?.stage ?? {};
    return portable === true || (takesPixels && fromPixels !== undefined && parts[i + 1]?.stage.portable === true);
  };
  for (const [i, part] of parts.entries()) {
    shape = part.inputShape ?? shape;
    const begins = part.stage.fromPixels !== undefined && inGraph(i);
    if (i > 0 && !begins && inGraph(i) === inGraph(i - 1)) segments.at(-1)?.push(part);
    else segments.push([{ ...part, inputShape: shape }]);
    shape = shape && part.stage.outputShape(shape);
  }
  return segments;
}
