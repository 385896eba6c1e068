/** What a head gives for a frame, before overlapping boxes are removed. A list of numbers each, one entry for each candidate. */
export interface Candidates {
  /** Left, top, right and bottom of each, in pixels of the network's input. */
  readonly corners: number[];
  readonly scores: number[];
  readonly classes: number[];
}

/** The lowest score of a candidate, and the classes that are looked for. */
export interface Wanted {
  readonly minScore: number;
  /** The size of the network's input, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether a class may be in the result. */
  readonly isWanted: (index: number) => boolean;
}

export function noCandidates(): Candidates {
  return { corners: [], scores: [], classes: [] };
}
