import type { DeviceTimes, Trace } from '../../../frames/trace.ts';
import type { LoadedGraph } from '../loaded-graph.ts';
import type { MergedRun, StageTimer } from './stage-timer.ts';

/**
 * `stageTimes: 'profile'`: ONNX Runtime writes a profile of the graph's first runs. When the profile is complete, the next timed
 * frame of each subscription gets the times of all stages; no other frame does.
 */
export class ProfiledByRuntime implements StageTimer {
  readonly #run: string;
  readonly #stages: readonly string[];
  /** The graph whose times this subscription has. */
  #told: LoadedGraph | undefined;

  /** `run` is the name of the merged graph. */
  constructor(run: string, stages: readonly string[]) {
    this.#run = run;
    this.#stages = stages;
  }

  afterFrame({ graph, runs, trace }: MergedRun): Promise<Trace> {
    const times = graph.stageTimes;
    if (!times || trace.closed || this.#told === graph) return Promise.resolve(trace);
    this.#told = graph;
    return Promise.resolve(this.#withTimes(trace, times, runs));
  }

  #withTimes(trace: Trace, times: readonly number[], runs: number): Trace {
    const ms = times.map((time) => time * runs);
    const device: DeviceTimes = { ms, run: (_stage, work) => work(), settle: () => Promise.resolve() };
    // The stages have no wall time of their own: all their marks are the moment at which the merged graph ended.
    const end = trace.marks.at(-1) ?? NaN;
    const stages = this.#stages;
    const marks = [end, ...stages.map(() => end)];
    const asksDevice = trace.asksDevice === true;
    return { stages, marks, method: 'enqueue-only', run: this.#run, device, before: trace, asksDevice };
  }
}
