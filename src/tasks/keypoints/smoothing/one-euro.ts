/** Settings of a One Euro filter. */
export interface OneEuroSettings {
  /** The cutoff frequency of what stands still, in Hz. */
  readonly minCutoff: number;
  /** How much the cutoff frequency rises with the speed, in Hz for a unit of speed. */
  readonly beta: number;
  /** The cutoff frequency of the speed, in Hz. */
  readonly dCutoff: number;
}

/**
 * The One Euro filter of one number (Casiez, Roussel and Vogel 2012, "1€ filter: A simple speed-based low-pass filter for noisy
 * input in interactive systems", algorithm 1): x̂ ← x̂ + α(c) · (x − x̂) with α(c) = 1 / (1 + 1 / (2π · c · Δt)). The cutoff
 * frequency is c = minCutoff + beta · |ẋ|, and the speed ẋ is (x − x̂) / Δt, filtered with α(dCutoff).
 */
export class OneEuro {
  readonly #settings: OneEuroSettings;
  #value: number;
  #speed = 0;

  constructor(settings: OneEuroSettings, first: number) {
    this.#settings = settings;
    this.#value = first;
  }

  /** Takes the next number, `seconds` after the last one, and gives the filtered one. A speed is divided by `unit`. */
  next(value: number, seconds: number, unit: number): number {
    const { minCutoff, beta, dCutoff } = this.#settings;
    const speed = (value - this.#value) / seconds;
    this.#speed += share(dCutoff, seconds) * (speed - this.#speed);
    const cutoff = minCutoff + (beta * Math.abs(this.#speed)) / unit;
    this.#value += share(cutoff, seconds) * (value - this.#value);
    return this.#value;
  }
}

/** How much of the new number a low-pass filter takes. */
function share(cutoff: number, seconds: number): number {
  return 1 / (1 + 1 / (2 * Math.PI * cutoff * seconds));
}
