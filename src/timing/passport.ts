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

/**
 * What came after `past`, put after `root`: for a frame that went through these stages as one of a batch. One that is not
 * timed stays so.
 */
export function graft(
  trace: Trace | undefined,
  past: Trace | undefined,
  root: Trace | undefined,
  batch: number,
): Trace | undefined {
  if (trace === undefined || trace === past || root?.closed) return root;
  return { ...trace, batch, before: graft(trace.before, past, root, batch) };
}

/** When a frame arrived at the gate; NaN where it never came through one. */
export function arrivalOf(trace: Trace | undefined): number {
  let first = trace;
  while (first?.before) first = first.before;
  return first?.marks[0] ?? NaN;
}

/** The passport of a frame, oldest stage first. Read on every frame that is classified, so it makes no detours. */
export function readPassport(trace: Trace | undefined): StageTiming[] {
  let next = 0;
  for (let run = trace; run !== undefined; run = run.before) next += run.stages.length;
  const timings = new Array<StageTiming>(next);
  for (let run = trace; run !== undefined; run = run.before) {
    const { stages, marks, method, batch, before } = run;
    for (let i = stages.length - 1; i >= 0; i--) {
      const startMs = marks[i] ?? NaN;
      const submitMs = (marks[i + 1] ?? NaN) - startMs;
      const waitMs = i > 0 ? 0 : startMs - (before?.marks.at(-1) ?? startMs);
      const timing: Writable<StageTiming> = { stage: stages[i] ?? '', startMs, waitMs, submitMs, method };
      if (method === 'synced-wall') timing.deviceMs = submitMs;
      if (batch !== undefined) timing.batch = batch;
      timings[--next] = timing;
    }
  }
  return timings;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
