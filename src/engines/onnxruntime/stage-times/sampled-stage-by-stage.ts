import type { Trace } from '../../../frames/trace.ts';
import type { FromPixels } from '../../../stage/pixels.ts';
import type { Shape } from '../../../stage/shape.ts';
import type { NamedStage } from '../../../stage/stage.ts';
import type { SessionSettings } from '../runtime.ts';
import { StageSessions } from './stage-sessions.ts';
import type { MergedRun, StageTimer } from './stage-timer.ts';

/**
 * `stageTimes: 'apart'`: on sampled frames the stages also run one by one, each in a session of its own. The gate decides
 * which frames are sampled (`profile.deviceEvery`).
 */
export class SampledStageByStage implements StageTimer {
  readonly #run: string;
  readonly #parts: readonly NamedStage[];
  readonly #settings: SessionSettings;
  readonly #pixels: FromPixels | undefined;
  #sessions: StageSessions | undefined;
  #isFirst = true;
  /** Set if the first frame was to be sampled. The second is sampled instead, because creating the sessions takes long. */
  #isPostponed = false;

  /** `run` is the name of the merged graph. */
  constructor(run: string, parts: readonly NamedStage[], settings: SessionSettings, pixels: FromPixels | undefined) {
    this.#run = run;
    this.#parts = parts;
    this.#settings = settings;
    this.#pixels = pixels;
  }

  begin(input: Shape): undefined {
    this.#sessions = new StageSessions(this.#parts, input, this.#settings, this.#pixels);
  }

  warmedUp(): void {}

  async afterFrame({ input, trace }: MergedRun): Promise<Trace> {
    if (trace.closed || !this.#sessions || !this.#isSampled(trace)) return trace;
    const marks = await this.#sessions.marks(input);
    const stages = this.#parts.map(({ name }) => name);
    const asksDevice = trace.asksDevice === true;
    return { stages, marks, method: 'synced-wall', run: this.#run, before: trace, asksDevice };
  }

  async end(): Promise<void> {
    const sessions = this.#sessions;
    this.#sessions = undefined;
    await sessions?.release();
  }

  #isSampled({ asksDevice }: Trace): boolean {
    const isDue = asksDevice === true || this.#isPostponed;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#isPostponed = isDue && isFirst;
    return isDue && !isFirst;
  }
}
