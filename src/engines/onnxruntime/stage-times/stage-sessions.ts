import { now } from '../../../frames/clock.ts';
import type { FromPixels } from '../../../stage/pixels.ts';
import type { Shape } from '../../../stage/shape.ts';
import type { NamedStage } from '../../../stage/stage.ts';
import type { FlatTensor } from '../flat-tensor.ts';
import { GraphSession } from '../graph-session.ts';
import type { SessionSettings } from '../runtime.ts';

/** One session for each stage of a merged graph. They are created when they are first used. */
export class StageSessions {
  readonly #parts: readonly NamedStage[];
  readonly #input: Shape;
  readonly #settings: SessionSettings;
  readonly #pixels: FromPixels | undefined;
  readonly #sessions: GraphSession[] = [];

  constructor(parts: readonly NamedStage[], input: Shape, settings: SessionSettings, pixels?: FromPixels) {
    this.#parts = parts;
    this.#input = input;
    this.#settings = settings;
    this.#pixels = pixels;
  }

  /**
   * Runs the stages one after the other and returns the times at which each began, and at which the last ended. The output
   * is dropped: it differs from that of the merged graph in its last digits.
   */
  async marks(input: FlatTensor): Promise<number[]> {
    // The first time through creates the sessions, and their first run is slower than the others.
    if (this.#sessions.length < this.#parts.length) await this.#runAll(input);
    return this.#runAll(input);
  }

  async release(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.release()));
  }

  async #runAll(input: FlatTensor): Promise<number[]> {
    const marks = [now()];
    let current = input;
    for (let i = 0; i < this.#parts.length; i++) {
      const session = (this.#sessions[i] ??= await this.#create(i));
      current = await session.run(current);
      marks.push(now());
    }
    return marks;
  }

  #create(i: number): Promise<GraphSession> {
    const shape = this.#parts.slice(0, i).reduce((before, { stage }) => stage.outputShape(before), this.#input);
    const part = this.#parts[i] as NamedStage;
    return GraphSession.create(part.name, [part], shape, this.#settings, i === 0 ? { pixels: this.#pixels } : {});
  }
}
