/** From so many times the wanted frames the even ones are chosen. */
const SPARE = 4;

/** The first frame of a shot, and others evenly over it, while its length is not known: every nth one, and ever larger an n. */
export class ShotFrames<T> {
  readonly first: T;
  readonly #wanted: number;
  #held: { readonly frame: T; readonly index: number }[] = [];
  #stride = 1;
  #length = 1;

  constructor(first: T, wanted: number) {
    this.first = first;
    this.#wanted = wanted;
  }

  /** How many frames were taken. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next frame of the shot. */
  take(frame: T): void {
    const index = this.#length++;
    if (this.#wanted === 1 || index % this.#stride !== 0) return;
    this.#held.push({ frame, index });
    if (this.#held.length < SPARE * this.#wanted) return;
    this.#stride *= 2;
    this.#held = this.#held.filter((held) => held.index % this.#stride === 0);
  }

  /** The frames after the first one: with n in all, those nearest to each nth of the shot's `length`, in order, each once. */
  rest(length: number): T[] {
    const held = this.#held.filter(({ index }) => index < length);
    const chosen = new Set<T>();
    for (let i = 1; i < this.#wanted; i++) {
      const place = Math.round((i * length) / this.#wanted);
      const distance = (index: number): number => Math.abs(index - place);
      const nearest = held.reduce(
        (best, one) => (distance(one.index) < distance(best.index) ? one : best),
        held[0] ?? { frame: this.first, index: 0 },
      );
      if (nearest.index > 0 && distance(nearest.index) <= place) chosen.add(nearest.frame);
    }
    return [...chosen];
  }
}
