import type { FromPixels } from '../../stage/pixels.ts';
import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';
import { now } from '../../frames/clock.ts';
import { GraphSession, type Values } from './graph-session.ts';
import type { SessionSettings } from './runtime.ts';

/** The stages of a merged run, each as a graph by itself, to see what it takes. */
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

  /** The moments between the stages. What comes out is not used: it differs from the merged run's by a hair. */
  async times(values: Values): Promise<number[]> {
    // The first time makes the graphs, and finds them cold.
    if (this.#sessions.length < this.#parts.length) await this.#through(values);
    return this.#through(values);
  }

  async release(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.release()));
  }

  async #through(values: Values): Promise<number[]> {
    const marks = [now()];
    let current = values;
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
