import type { DeviceTimes } from '../frames/trace.ts';

/** The part of tfjs's webgpu backend that its profiler uses: while `activeTimers` is set, it times every program it runs. */
export interface ProfiledBackend {
  readonly supportTimestampQuery: boolean;
  activeTimers?: { readonly query: Promise<number> }[] | undefined;
}

/** Times stages on webgpu, by the timers of tfjs's own profiler. */
export class WebgpuTimes implements DeviceTimes {
  readonly ms: (number | undefined)[] = [];
  readonly #backend: ProfiledBackend;
  readonly #pending: Promise<void>[] = [];

  constructor(backend: ProfiledBackend) {
    this.#backend = backend;
  }

  run<T>(stage: number, work: () => T): T {
    const before = this.#backend.activeTimers;
    const timers: { readonly query: Promise<number> }[] = [];
    this.#backend.activeTimers = timers;
    try {
      return work();
    } finally {
      this.#backend.activeTimers = before;
      this.#pending.push(this.#collect(stage, Promise.all(timers.map(({ query }) => query))));
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #collect(stage: number, queries: Promise<number[]>): Promise<void> {
    try {
      const programs = await queries;
      // A negative time means that the clock has jumped.
      if (programs.every((ms) => ms >= 0)) this.ms[stage] = programs.reduce((sum, ms) => sum + ms, 0);
    } catch {
      // The GPU was lost, so its times are not known.
    }
  }
}
