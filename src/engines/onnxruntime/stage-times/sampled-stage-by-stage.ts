import type { Trace } from '../../../frames/trace.ts';
import type { MergedRun, StageTimer } from './stage-timer.ts';

/**
 * `stageTimes: 'apart'`: on sampled frames the stages also run one by one, each in a session of its own. The gate decides
 * which frames are sampled (`profile.deviceEvery`).
 */
export class SampledStageByStage implements StageTimer {
  readonly #run: string;
  readonly #stages: readonly string[];
  #isFirst = true;
  /** Set if the first frame was to be sampled. The second is sampled instead, because creating the sessions takes long. */
  #isPostponed = false;

  /** `run` is the name of the merged graph. */
  constructor(run: string, stages: readonly string[]) {
    this.#run = run;
    this.#stages = stages;
  }

  async afterFrame({ graph, input, trace }: MergedRun): Promise<Trace> {
    if (trace.closed || !this.#isSampled(trace)) return trace;
    const marks = await graph.stageMarks(input);
    const asksDevice = trace.asksDevice === true;
    return { stages: this.#stages, marks, method: 'synced-wall', run: this.#run, before: trace, asksDevice };
  }

  #isSampled({ asksDevice }: Trace): boolean {
    const isDue = asksDevice === true || this.#isPostponed;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#isPostponed = isDue && isFirst;
    return isDue && !isFirst;
  }
}
