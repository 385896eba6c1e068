/**
 * How a time was obtained.
 *
 * - `device-query`: the device's own timer.
 * - `synced-wall`: wall time of work that is finished when the call returns (wasm, cpu).
 * - `enqueue-only`: wall time of handing the work over; the work itself runs later (webgl, webgpu).
 * - `unavailable`: not measured.
 */
export type TimingMethod = 'device-query' | 'synced-wall' | 'enqueue-only' | 'unavailable';

/** One stage's entry in a frame's passport; times in milliseconds. */
export interface StageTiming {
  readonly stage: string;
  /** When it began, on the clock of `performance.now()`. */
  readonly startMs: number;
  /** From the end of the stage before (or the frame's arrival at the gate) to the start of this one. */
  readonly waitMs: number;
  /** From the call to its return. */
  readonly submitMs: number;
  /** What the device worked; absent where it could not be measured. */
  readonly deviceMs?: number;
  readonly method: TimingMethod;
  /** How many frames these times were for, where they went through the stage as one batch. */
  readonly batch?: number;
}

/**
 * What a run of stages leaves behind: the moments between them. Cheap to write on every frame, turned into
 * `StageTiming`s only when somebody reads them.
 */
export interface Trace {
  readonly stages: readonly string[];
  /** `marks[i]` to `marks[i + 1]` is the time of `stages[i]`, in `performance.now()` ms. */
  readonly marks: readonly number[];
  readonly method: TimingMethod;
  readonly before: Trace | undefined;
  readonly batch?: number;
  /** Set where stages are not to add to it: only the frame's arrival is noted. */
  readonly closed?: boolean;
}

/** The stage a frame went through last. */
export function lastStage(trace: Trace | undefined): string | undefined {
  for (let run = trace; run !== undefined; run = run.before) {
    const last = run.stages.at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}

/** The same stages with another past: for a frame that went through them as one of a batch. */
export function graft(trace: Trace | undefined, root: Trace | undefined, batch: number): Trace | undefined {
  if (trace === undefined) return root;
  return { ...trace, batch, before: graft(trace.before, root, batch) };
}

/** The passport of a frame, oldest stage first. */
export function readPassport(trace: Trace | undefined): StageTiming[] {
  const timings: StageTiming[] = [];
  for (let run = trace; run !== undefined; run = run.before) {
    for (let i = run.stages.length - 1; i >= 0; i--) {
      const [start, end] = [run.marks[i] ?? NaN, run.marks[i + 1] ?? NaN];
      const since = i > 0 ? start : (run.before?.marks.at(-1) ?? start);
      const submitMs = end - start;
      timings.push({
        stage: run.stages[i] ?? '',
        startMs: start,
        waitMs: start - since,
        submitMs,
        ...(run.method === 'synced-wall' ? { deviceMs: submitMs } : {}),
        method: run.method,
        ...(run.batch === undefined ? {} : { batch: run.batch }),
      });
    }
  }
  return timings.reverse();
}
