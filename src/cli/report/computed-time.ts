import type { StageTiming } from '../../frames/trace.ts';

const FIRST = 'preprocess';
const LAST = 'classify';

/** Sums the computing time of the stages over all frames. */
export class ComputedTime {
  readonly #ms = { [FIRST]: 0, model: 0, [LAST]: 0 };

  /** Adds the timings of a frame. Stages inside a merged run are skipped, since the run's time includes them. */
  add(stages: readonly StageTiming[]): void {
    for (const { stage, run, deviceMs, submitMs, batch = 1 } of stages) {
      if (run === undefined)
        this.#ms[stage === FIRST || stage === LAST ? stage : 'model'] += (deviceMs ?? submitMs) / batch;
    }
  }

  /** Divides `elapsed` seconds among preprocessing, model, classification and the rest. */
  rows(elapsed: number): { what: string; seconds: number }[] {
    const rows = Object.entries(this.#ms).map(([what, ms]) => ({ what, seconds: ms / 1000 }));
    const computed = rows.reduce((sum, { seconds }) => sum + seconds, 0);
    return [...rows, { what: 'waiting for the decoder, writing', seconds: Math.max(0, elapsed - computed) }];
  }
}
