/**
 * How a time was obtained.
 *
 * - `device-query`: by the device's own timer (webgl, webgpu, on sampled frames), or by ONNX Runtime's profile.
 * - `synced-wall`: wall time of a call that returns when the work is done (wasm, cpu).
 * - `enqueue-only`: wall time of a call that only enqueues the work, which runs later (webgl, webgpu).
 * - `unavailable`: not measured.
 */
export type TimingMethod = 'device-query' | 'synced-wall' | 'enqueue-only' | 'unavailable';

/** How long one stage took for a frame; times in milliseconds. */
export interface StageTiming {
  readonly stage: string;
  /** When the stage began, on the clock of `performance.now()`. */
  readonly startMs: number;
  /** From the end of the stage before, or the arrival of the frame at the gate, to the start of this stage. */
  readonly waitMs: number;
  /** From the call of the stage to its return. */
  readonly submitMs: number;
  /** How long the device worked; absent if that was not measured. */
  readonly deviceMs?: number;
  readonly method: TimingMethod;
  /** The number of frames in the batch that these times are for; absent without a batch. */
  readonly batch?: number;
  /**
   * The name of the merged stages that this one is part of, if the engine merges stages. An entry of that name, with the
   * time of all of them, comes before; the stages are timed one by one on some frames only.
   */
  readonly run?: string;
}

/**
 * The times between stages that ran in a row. They are cheap to record on every frame, and become `StageTiming`s only when
 * they are read.
 */
export interface Trace {
  readonly stages: readonly string[];
  /** `marks[i]` to `marks[i + 1]` is the time of `stages[i]`, in `performance.now()` ms. */
  readonly marks: readonly number[];
  readonly method: TimingMethod;
  /** How many of the first stages took pictures. These run on the processor with every engine. */
  readonly pictures?: number;
  readonly before: Trace | undefined;
  readonly batch?: number;
  /** The name of these stages together, if they run merged. */
  readonly run?: string;
  /** True if stages must not add to it: only the arrival of the frame is recorded. */
  readonly closed?: boolean;
  /** True if the device's own timer is used as well. */
  readonly asksDevice?: boolean;
  /** What the device's timer measured. */
  readonly device?: DeviceTimes | undefined;
}

/** How long the device worked on the stages of a frame, by its own timer; known some time after the work is done. */
export interface DeviceTimes {
  /** Runs a stage and times it. Called for one stage after the other. */
  run<T>(stage: number, work: () => T): T;
  /** Milliseconds by stage, after `settle()`; undefined where the device gave no time. */
  readonly ms: readonly (number | undefined)[];
  /** Waits for the times that are not known yet, for a limited time; never rejects. */
  settle(): Promise<void>;
}

/** Waits until the device's times of a frame are known, if they were asked for. */
export async function settleDeviceTimes(trace: Trace | undefined): Promise<void> {
  for (let run = trace; run !== undefined; run = run.before) await run.device?.settle();
}

/** The name of the stage that a frame passed last. */
export function lastStage(trace: Trace | undefined): string | undefined {
  for (let run = trace; run !== undefined; run = run.before) {
    const last = run.stages.at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}

/**
 * The trace of a frame that passed stages in a batch: the part of the batch's `trace` after `past`, appended to the frame's
 * own trace, `root`. A frame that is not timed stays untimed.
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

/** When a frame arrived at the gate; NaN for a frame that passed none. */
export function arrivalOf(trace: Trace | undefined): number {
  let first = trace;
  while (first?.before) first = first.before;
  return first?.marks[0] ?? NaN;
}

/** The timings of a frame, the oldest stage first. Called for every result, so it must be fast. */
export function readTimings(trace: Trace | undefined): StageTiming[] {
  let next = 0;
  for (let run = trace; run !== undefined; run = run.before) next += run.stages.length;
  const timings = new Array<StageTiming>(next);
  for (let run = trace; run !== undefined; run = run.before) {
    const { stages, marks, pictures = 0, device, batch, run: merged, before } = run;
    for (let i = stages.length - 1; i >= 0; i--) {
      const startMs = marks[i] ?? NaN;
      const submitMs = (marks[i + 1] ?? NaN) - startMs;
      const waitMs = i > 0 ? 0 : startMs - (before?.marks.at(-1) ?? startMs);
      const asked = device?.ms[i];
      const method = asked !== undefined ? 'device-query' : i < pictures ? 'synced-wall' : run.method;
      const timing: Writable<StageTiming> = { stage: stages[i] ?? '', startMs, waitMs, submitMs, method };
      const deviceMs = method === 'synced-wall' ? submitMs : asked;
      if (deviceMs !== undefined) timing.deviceMs = deviceMs;
      if (batch !== undefined) timing.batch = batch;
      if (merged !== undefined) timing.run = merged;
      timings[--next] = timing;
    }
  }
  return timings;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
