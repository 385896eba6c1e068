import type { DeviceTimes, Trace } from '../../../frames/trace.ts';
import { RunProfile } from './run-profile.ts';
import type { MergedRun, StageTimer } from './stage-timer.ts';

/**
 * `stageTimes: 'profile'`: ONNX Runtime writes a profile of the graph's first runs. The trace of the frame after which the
 * profile is complete gets the times of all stages; no other frame does.
 */
export class ProfiledByRuntime implements StageTimer {
  readonly #run: string;
  readonly #stages: readonly string[];
  #profile: RunProfile | undefined;

  /** `run` is the name of the merged graph. */
  constructor(run: string, stages: readonly string[]) {
    this.#run = run;
    this.#stages = stages;
  }

  begin(): RunProfile | undefined {
    this.#profile = RunProfile.begin();
    return this.#profile;
  }

  warmedUp(): void {
    this.#profile?.ran(this.#stages);
  }

  afterFrame({ runs, trace }: MergedRun): Promise<Trace> {
    // Counted once a frame, also if the frame is not timed or its batch ran one by one.
    const times = this.#profile?.ran(this.#stages);
    return Promise.resolve(times && !trace.closed ? this.#withTimes(trace, times, runs) : trace);
  }

  end(): Promise<void> {
    this.#profile?.end();
    this.#profile = undefined;
    return Promise.resolve();
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
