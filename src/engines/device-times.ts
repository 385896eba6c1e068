import * as tf from '@tensorflow/tfjs-core';
import type { DeviceTimes } from '../frames/trace.ts';

/** @internal The device's own timer for the stages of one frame; none where the engine in use has none. */
export function deviceTimes(): DeviceTimes | undefined {
  const backend: unknown = tf.backend();
  const name = tf.getBackend();
  if (name === 'webgl' && tf.env().getNumber('WEBGL_DISJOINT_QUERY_TIMER_EXTENSION_RELIABLE') > 0) {
    const { gl } = (backend as { readonly gpgpu: { readonly gl: WebGL2RenderingContext } }).gpgpu;
    const timer = gl.getExtension('EXT_disjoint_timer_query_webgl2') as TimerQueries | null;
    return timer ? new WebglTimes(gl, timer) : undefined;
  }
  if (name !== 'webgpu' || !(backend as WebgpuBackend).supportTimestampQuery) return undefined;
  return new WebgpuTimes(backend as WebgpuBackend);
}

/** EXT_disjoint_timer_query_webgl2, which TypeScript's DOM does not know. */
interface TimerQueries {
  readonly TIME_ELAPSED_EXT: number;
  readonly GPU_DISJOINT_EXT: number;
}

/** How often a device's clock has jumped: what was measured meanwhile is worth nothing. Asking forgets, so all look here. */
const jumps = new WeakMap<WebGL2RenderingContext, number>();

const POLLS = 50;

/** One query a stage. Its results come with a turn of the event loop, and by the time the scores are read they are there. */
class WebglTimes implements DeviceTimes {
  readonly ms: (number | undefined)[] = [];
  readonly #gl: WebGL2RenderingContext;
  readonly #timer: TimerQueries;
  readonly #queries = new Map<number, WebGLQuery>();
  readonly #jumps: number;

  constructor(gl: WebGL2RenderingContext, timer: TimerQueries) {
    this.#gl = gl;
    this.#timer = timer;
    this.#jumps = this.#countJumps();
  }

  run<T>(stage: number, work: () => T): T {
    const query = this.#gl.createQuery();
    if (!query) return work();
    this.#gl.beginQuery(this.#timer.TIME_ELAPSED_EXT, query);
    this.#queries.set(stage, query);
    try {
      return work();
    } finally {
      this.#gl.endQuery(this.#timer.TIME_ELAPSED_EXT);
    }
  }

  async settle(): Promise<void> {
    const gl = this.#gl;
    const last = [...this.#queries.values()].at(-1);
    if (!last) return;
    const isThere = () => gl.getQueryParameter(last, gl.QUERY_RESULT_AVAILABLE) === true;
    for (let i = 0; i < POLLS && !isThere() && !gl.isContextLost(); i++) {
      await new Promise((next) => setTimeout(next, 1));
    }
    const isSound = isThere() && this.#countJumps() === this.#jumps;
    for (const [stage, query] of this.#queries) {
      if (isSound) this.ms[stage] = Number(gl.getQueryParameter(query, gl.QUERY_RESULT)) / 1e6;
      gl.deleteQuery(query);
    }
    this.#queries.clear();
  }

  #countJumps(): number {
    const isDisjoint = this.#gl.getParameter(this.#timer.GPU_DISJOINT_EXT) === true;
    const count = (jumps.get(this.#gl) ?? 0) + Number(isDisjoint);
    jumps.set(this.#gl, count);
    return count;
  }
}

/** What tfjs's backend has for its own profiler: while `activeTimers` is there, it times every program that it runs. */
interface WebgpuBackend {
  readonly supportTimestampQuery: boolean;
  activeTimers?: { readonly query: Promise<number> }[] | undefined;
}

class WebgpuTimes implements DeviceTimes {
  readonly ms: (number | undefined)[] = [];
  readonly #backend: WebgpuBackend;
  readonly #pending: Promise<void>[] = [];

  constructor(backend: WebgpuBackend) {
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
      // A clock that jumped shows as time that ran back.
      if (programs.every((ms) => ms >= 0)) this.ms[stage] = programs.reduce((sum, ms) => sum + ms, 0);
    } catch {
      // The device was lost: what it worked is not known.
    }
  }
}
