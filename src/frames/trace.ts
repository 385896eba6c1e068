/**
 * How a time was obtained.
 *
 * - `device-query`: the device's own timer (webgl, webgpu, on sampled frames), or ONNX Runtime's own profile.
 * - `synced-wall`: wall time of work that is finished when the call returns (wasm, cpu).
 * - `enqueue-only`: wall time of handing the work over; the work itself runs later (webgl, webgpu).
 * - `unavailable`: not measured.
 */
export type TimingMethod = 'device-query' | 'synced-wall' | 'enqueue-only' | 'unavailable';

/** One stage's entry in a frame's trace; times in milliseconds. */
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
  /**
   * Where an engine merges stages into one: its name, under which its time stands before. On some frames the stages run one
   * by one as well, for the sake of these times.
   */
  readonly run?: string;
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
  /** So many of the first stages took pictures: that is the processor's work, whatever the engine. */
  readonly pictures?: number;
  readonly before: Trace | undefined;
  readonly batch?: number;
  /** The name of these stages together, where they run as one. */
  readonly run?: string;
  /** Set where stages are not to add to it: only the frame's arrival is noted. */
  readonly closed?: boolean;
  /** Set where the device is to be asked as well. */
  readonly asksDevice?: boolean;
  /** What it answers. */
  readonly device?: DeviceTimes | undefined;
}

/** What the device worked on a frame's stages, by its own timer; known some time after the work is done. */
export interface DeviceTimes {
  /** Runs a stage and has it timed; stages follow one another. */
  run<T>(stage: number, work: () => T): T;
  /** Milliseconds by stage, once settled; none where the device can't tell. */
  readonly ms: readonly (number | undefined)[];
  /** Waits for what is still to come, for a while; never rejects. */
  settle(): Promise<void>;
}

/** Waits until the device has told what it worked on a frame, where it was asked. */
export async function settleDeviceTimes(trace: Trace | undefined): Promise<void> {
  for (let run = trace; run !== undefined; run = run.before) await run.device?.settle();
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

/** The trace of a frame, oldest stage first. Read on every frame that is classified, so it makes no detours. */
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
