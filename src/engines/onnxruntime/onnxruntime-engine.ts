import type { GraphEngine, Runner } from '../graph-engine.ts';
import { GraphRun } from './graph-run.ts';
import { probe } from './graph-session.ts';
import { inSegments, type Segment } from './in-segments.ts';
import { loadRuntime, type OnnxRuntimeOptions } from './load-runtime.ts';
import { beforeDense, segmentsOf } from './segments.ts';

/** Starts ONNX Runtime; throws where it is not installed, or can't do what is asked of it. */
export async function startOnnxRuntime(options: OnnxRuntimeOptions): Promise<GraphEngine> {
  const settings = await loadRuntime(options);
  await probe(settings);
  const asGraph =
    (isBeforeDense: boolean): Runner =>
    (parts, frames, subscriber) =>
      new GraphRun(parts, settings, subscriber, isBeforeDense).start(frames);
  return {
    run(parts, frames, subscriber, onTfjs) {
      if (!parts.some(({ stage }) => stage.compilable)) return false;
      const segments = segmentsOf(parts, settings.takesPixels).flatMap((segment): Segment[] => {
        if (!segment.at(-1)?.stage.compilable) return [{ parts: segment, run: onTfjs }];
        const [convolutions, dense] = beforeDense(segment);
        const whole = { parts: convolutions, run: asGraph(dense.length > 0) };
        return dense.length > 0 ? [whole, { parts: dense, run: asGraph(false) }] : [whole];
      });
      inSegments(parts, segments, frames, subscriber);
      return true;
    },
  };
}
