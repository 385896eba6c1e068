/** A corner of an outline. */
export type Vertex = readonly [x: number, y: number];

/** The border of a connected part of a mask: its outer ring, and a ring for each of its holes. */
export type Rings = readonly (readonly Vertex[])[];

/** A run of pixels in a row. Its left edge is part of the border. */
interface RowRun {
  readonly from: number;
  readonly to: number;
  readonly row: number;
  /** The number of a run of the same part, in the end the first one. */
  part: number;
  isTraced: boolean;
}

/** Steps: up, right, down, left. The mask is on the right hand. */
const STEPS: readonly Vertex[] = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

/**
 * Follows the borders of a mask (row by row; what is not 0 is inside) along the edges of its pixels. Pixels are connected by edges, not
 * by corners. Outer rings are clockwise as seen, holes are not. Rings begin at a corner of theirs, and have corners only.
 */
export function traceRings(mask: Uint8Array, width: number, height: number): Rings[] {
  const { runs, firstOf } = rowRuns(mask, width, height);
  const parts = new Map<number, (readonly Vertex[])[]>();
  const isInside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  for (const [number, run] of runs.entries()) {
    if (run.isTraced) continue;
    const ring: Vertex[] = [];
    // Up along the left edge of the run's first pixel.
    let [x, y, direction] = [run.from, run.row + 1, 0];
    do {
      const [stepX, stepY] = STEPS[direction] as Vertex;
      if (direction === 0) markTraced(runs, firstOf[y - 1] as number, firstOf[y] as number, x);
      x += stepX;
      y += stepY;
      const next = turned(direction, x, y, isInside);
      if (next !== direction) ring.push([x, y]);
      direction = next;
    } while (!(x === run.from && y === run.row + 1 && direction === 0));
    const part = partOf(runs, number);
    const rings = parts.get(part);
    // The first ring of a part is its outer one, since its first run is at its upper border.
    if (rings) rings.push(ring);
    else parts.set(part, [ring]);
  }
  return [...parts.values()];
}

/** The direction after a corner: to the right where the mask ends ahead, on where its border goes on, to the left where it grows. */
function turned(direction: number, x: number, y: number, isInside: (x: number, y: number) => boolean): number {
  // The pixels around the corner, clockwise from the upper left one.
  const around = [
    [x - 1, y - 1],
    [x, y - 1],
    [x, y],
    [x - 1, y],
  ] as const;
  const [leftX, leftY] = around[direction % 4] as Vertex;
  const [rightX, rightY] = around[(direction + 1) % 4] as Vertex;
  if (!isInside(rightX, rightY)) return (direction + 1) % 4;
  return isInside(leftX, leftY) ? (direction + 3) % 4 : direction;
}

/** The runs of all rows; those that touch runs of the row above are joined. */
function rowRuns(mask: Uint8Array, width: number, height: number): { runs: RowRun[]; firstOf: number[] } {
  const runs: RowRun[] = [];
  const firstOf: number[] = [0];
  for (let row = 0; row < height; row++) {
    const above = { from: firstOf[row - 1] ?? 0, to: firstOf[row] as number };
    for (let x = 0; x < width; x++) {
      if (mask[row * width + x] === 0) continue;
      const from = x;
      while (x < width && mask[row * width + x] !== 0) x++;
      const number = runs.length;
      runs.push({ from, to: x, row, part: number, isTraced: false });
      while (above.from < above.to && (runs[above.from] as RowRun).to <= from) above.from++;
      for (let i = above.from; i < above.to && (runs[i] as RowRun).from < x; i++) join(runs, i, number);
    }
    firstOf.push(runs.length);
  }
  return { runs, firstOf };
}

function partOf(runs: readonly RowRun[], number: number): number {
  let at = number;
  for (;;) {
    const run = runs[at] as RowRun;
    if (run.part === at) return at;
    run.part = (runs[run.part] as RowRun).part;
    at = run.part;
  }
}

function join(runs: readonly RowRun[], one: number, other: number): void {
  const [a, b] = [partOf(runs, one), partOf(runs, other)];
  (runs[Math.max(a, b)] as RowRun).part = Math.min(a, b);
}

/** Marks the run of a row that begins at `x`. */
function markTraced(runs: readonly RowRun[], first: number, end: number, x: number): void {
  let [low, high] = [first, end - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle] as RowRun).from < x) low = middle + 1;
    else high = middle;
  }
  (runs[low] as RowRun).isTraced = true;
}
