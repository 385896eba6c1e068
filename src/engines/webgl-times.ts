import type { DeviceTimes } from '../frames/trace.ts';

/** The extension `EXT_disjoint_timer_query_webgl2`, which TypeScript's DOM types do not have. */
export interface TimerQueries {
  readonly TIME_ELAPSED_EXT: number;
  readonly GPU_DISJOINT_EXT: number;
}

/**
 * How often the clock of each GPU has jumped. Measurements during a jump are wrong. Reading the flag clears it, so all
 * timers count the jumps here together.
 */
const jumps = new WeakMap<WebGL2RenderingContext, number>();

const POLLS = 50;

/** Times stages on webgl, with one timer query each. Results are available once the event loop has turned. */
export class WebglTimes implements DeviceTimes {
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
    const isAvailable = () => gl.getQueryParameter(last, gl.QUERY_RESULT_AVAILABLE) === true;
    for (let i = 0; i < POLLS && !isAvailable() && !gl.isContextLost(); i++) {
      await new Promise((next) => setTimeout(next, 1));
    }
    const isValid = isAvailable() && this.#countJumps() === this.#jumps;
    for (const [stage, query] of this.#queries) {
      if (isValid) this.ms[stage] = Number(gl.getQueryParameter(query, gl.QUERY_RESULT)) / 1e6;
      gl.deleteQuery(query);
    }
    this.#queries.clear();
  }

  #countJumps(): number {
    const hasJumped = this.#gl.getParameter(this.#timer.GPU_DISJOINT_EXT) === true;
    const count = (jumps.get(this.#gl) ?? 0) + Number(hasJumped);
    jumps.set(this.#gl, count);
    return count;
  }
}
