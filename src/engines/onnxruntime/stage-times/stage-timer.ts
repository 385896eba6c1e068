import type { Trace } from '../../../frames/trace.ts';
import type { FlatTensor } from '../flat-tensor.ts';
import type { LoadedGraph } from '../loaded-graph.ts';

/** One frame, or one batch of frames, that has gone through the merged graph. */
export interface MergedRun {
  readonly graph: LoadedGraph;
  readonly input: FlatTensor;
  /** How many times the graph ran: more than once if the frames of a batch run one by one. */
  readonly runs: number;
  /** Ends with the time of the merged graph, unless it is closed. */
  readonly trace: Trace;
}

/**
 * Finds out what each stage of a merged graph takes. The graph itself has only one time, of all its stages together. There
 * is one timer per subscription; the graph may change while it lives, when frames of another shape arrive.
 */
export interface StageTimer {
  /** Is called after a frame. Returns the frame's trace, with the times of single stages added if they are known. */
  afterFrame(run: MergedRun): Promise<Trace>;
}
