import type { Vertex } from './trace-rings.ts';

/**
 * A ring with fewer points, none of whose left-out points is further than `tolerance` from it (Douglas & Peucker 1973). Undefined if
 * fewer than three points are left.
 */
export function simplifyRing(ring: readonly Vertex[], tolerance: number): readonly Vertex[] | undefined {
  if (tolerance === 0) return ring;
  // A ring has no ends: it is cut at its first point and at the one that is furthest from that.
  const [first = [0, 0]] = ring;
  const furthest = indexOfMost(ring, (point) => Math.hypot(point[0] - first[0], point[1] - first[1]));
  const halves = [ring.slice(0, furthest + 1), [...ring.slice(furthest), first]];
  const kept = halves.flatMap((half) => simplifyLine(half, tolerance).slice(0, -1));
  return kept.length < 3 ? undefined : kept;
}

function simplifyLine(line: readonly Vertex[], tolerance: number): Vertex[] {
  const isKept = new Uint8Array(line.length);
  isKept[0] = isKept[line.length - 1] = 1;
  const open: [from: number, to: number][] = [[0, line.length - 1]];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    const [start, end] = [line[from] as Vertex, line[to] as Vertex];
    let [most, index] = [tolerance, -1];
    for (let i = from + 1; i < to; i++) {
      const away = distance(line[i] as Vertex, start, end);
      if (away > most) [most, index] = [away, i];
    }
    if (index < 0) continue;
    isKept[index] = 1;
    open.push([from, index], [index, to]);
  }
  return line.filter((_, i) => isKept[i] === 1);
}

/** How far a point is from the line between two others. */
function distance([x, y]: Vertex, [startX, startY]: Vertex, [endX, endY]: Vertex): number {
  const [across, down] = [endX - startX, endY - startY];
  const square = across * across + down * down;
  const along = square === 0 ? 0 : ((x - startX) * across + (y - startY) * down) / square;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - startX - share * across, y - startY - share * down);
}

function indexOfMost<T>(list: readonly T[], measure: (item: T) => number): number {
  let [index, most] = [0, -Infinity];
  for (const [i, item] of list.entries()) {
    const value = measure(item);
    if (value > most) [index, most] = [i, value];
  }
  return index;
}
