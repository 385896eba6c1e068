/** A point of a picture, in shares of its width and height. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A line whose crossings are counted. */
export type Line = readonly [from: Place, to: Place];

/** From bottom to top in the middle, so that things that go to the right cross it forward. */
export const FIRST_LINE: Line = [
  { x: 0.5, y: 0.85 },
  { x: 0.5, y: 0.15 },
];

/** The place in the picture that is nearest. */
export function inside({ x, y }: Place): Place {
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return { x: within(x), y: within(y) };
}
