import { BehaviorSubject, type Observable } from 'rxjs';

/** A point of the board, from 0 to `SIDE` to the right and down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line that was drawn without lifting the pen. A single point is a dot. */
export type Stroke = readonly Point[];

/** The side of the board: ten for each pixel of MNIST's digits. */
export const SIDE = 280;

/** The width of a stroke. */
export const PEN = SIDE / 14;

/** Points that are closer than this are one. */
const NEAR = 0.5;

/** What is drawn on the board. */
export class Drawing {
  readonly #strokes = new BehaviorSubject<readonly Stroke[]>([]);

  /** All strokes: those of now, and again after each change. */
  get strokes(): Observable<readonly Stroke[]> {
    return this.#strokes;
  }

  /** All strokes of now. */
  get now(): readonly Stroke[] {
    return this.#strokes.value;
  }

  /** Begins a stroke. Returns what lengthens it, which does nothing once the stroke was undone or another one began. */
  begin(at: Point): (to: readonly Point[]) => void {
    const before = this.now;
    let stroke: Stroke = [at];
    this.#strokes.next([...before, stroke]);
    return (to) => {
      if (this.now.at(-1) !== stroke) return;
      const more: Point[] = [];
      // Near to the last one that is kept: many small steps make a long one.
      for (const point of to) if (!isNear(more.at(-1) ?? stroke.at(-1), point)) more.push(point);
      if (more.length === 0) return;
      stroke = [...stroke, ...more];
      this.#strokes.next([...before, stroke]);
    };
  }

  /** Takes the last stroke back. */
  undo(): void {
    if (this.now.length > 0) this.#strokes.next(this.now.slice(0, -1));
  }

  clear(): void {
    if (this.now.length > 0) this.#strokes.next([]);
  }
}

function isNear(one: Point | undefined, other: Point): boolean {
  return one !== undefined && Math.hypot(one.x - other.x, one.y - other.y) < NEAR;
}
