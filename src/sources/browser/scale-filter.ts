/** What each pixel of a line that is brought to another length is made of: `size` neighbours, their weights in fixed point. */
export interface ScaleFilter {
  readonly size: number;
  /** The first neighbour of each output. */
  readonly first: Int32Array;
  /** `size` for each output, which add up to 1 in fixed point. */
  readonly weights: Int16Array;
}

/** Weights before they are rounded: `full` is the weight of a pixel that lies within an output wholly. */
interface Draft {
  readonly full: number;
  readonly first: number[];
  readonly weights: number[][];
}

const ONE_PIXEL = 2 ** 16;

/**
 * @internal The filter that ffmpeg's swscale has for `area`, bit for bit: how much of a pixel lies in the output's extent
 * where a line shrinks, two neighbours by their distance where it grows. `one` is 1 in fixed point.
 */
export function scaleFilter(from: number, to: number, one: number): ScaleFilter {
  const step = Math.floor((from * ONE_PIXEL + (to >> 1)) / to);
  const same = Math.abs(step - ONE_PIXEL) < 10;
  const draft = same ? copied(to) : step > ONE_PIXEL ? averaged(from, to, step) : interpolated(to, step);
  const size = Math.min(from, trim(draft));
  const places = draft.first.map((first) => Math.max(0, Math.min(first, from - size)));
  const fold = foldInto(from, size);
  const scale = precision(from, to) / BigInt(draft.full);
  const weights = Int16Array.from(
    draft.weights.flatMap((row, i) =>
      rounded(fold(row, draft.first[i] as number, places[i] as number), scale, BigInt(one)),
    ),
  );
  return { size, first: Int32Array.from(places), weights };
}

/** What a whole pixel weighs before weights are rounded: less where more of them add up, so that 64 bits hold them. */
function precision(from: number, to: number): bigint {
  const shrink = Math.max(1, Math.floor(from / to));
  return 1n << BigInt(54 - Math.min(8, Math.floor(Math.log2(shrink))));
}

function copied(to: number): Draft {
  return { full: 1, first: Array.from({ length: to }, (_, i) => i), weights: Array.from({ length: to }, () => [1]) };
}

/** Positions in 2⁻¹⁶ pixels. */
function interpolated(to: number, step: number): Draft {
  const first: number[] = [];
  const weights: number[][] = [];
  for (let i = 0; i < to; i++) {
    const centre = Math.floor(step / 2) - ONE_PIXEL / 2 + i * step;
    const left = Math.floor(centre / ONE_PIXEL);
    const right = centre - left * ONE_PIXEL;
    first.push(left);
    weights.push([ONE_PIXEL - right, right]);
  }
  return { full: ONE_PIXEL, first, weights };
}

/** Positions in 2⁻¹⁷ pixels, distances in 2⁻³⁰ outputs, weights in 2⁻⁴⁶ pixels: all below 2⁵³ where they count. */
function averaged(from: number, to: number, step: number): Draft {
  const size = Math.max(1, Math.min(1 + Math.ceil(from / to), from - 2));
  const first: number[] = [];
  const weights: number[][] = [];
  for (let i = 0; i < to; i++) {
    const centre = step - ONE_PIXEL + i * 2 * step;
    const left = Math.trunc((centre - (size - 2) * ONE_PIXEL) / (2 * ONE_PIXEL));
    first.push(left);
    weights.push(
      Array.from({ length: size }, (_, tap) => {
        const away = Math.floor((Math.abs((left + tap) * 2 * ONE_PIXEL - centre) * 2 ** 13 * to) / from);
        return Math.min(2 ** 46, Math.max(0, 2 ** 45 - (away - 2 ** 29) * step));
      }),
    );
  }
  return { full: 2 ** 46, first, weights };
}

/** Weights that are next to nothing are cut off at both ends; returns how many are left of the longest. */
function trim({ full, first, weights }: Draft): number {
  const nothing = 0.002 * full;
  let size = 1;
  for (let i = first.length - 1; i >= 0; i--) {
    const row = weights[i] as number[];
    const next = first[i + 1] ?? Infinity;
    let start = 0;
    for (let cut = row[0] as number; cut <= nothing && start < row.length; cut += row[start] ?? 0) {
      if ((first[i] as number) + start >= next) break;
      start++;
    }
    first[i] = (first[i] as number) + start;
    row.splice(0, start);
    let end = row.length;
    for (let cut = row[end - 1] ?? 0; cut <= nothing && end > 1; cut += row[end - 1] ?? 0) end--;
    size = Math.max(size, end);
  }
  return size;
}

/** What lies outside the line counts for the pixel at its end. */
function foldInto(length: number, size: number) {
  return (row: readonly number[], first: number, place: number): number[] => {
    const folded = Array.from({ length: size }, () => 0);
    row.slice(0, size).forEach((weight, tap) => {
      const at = Math.max(0, Math.min(first + tap, length - 1)) - place;
      folded[at] = (folded[at] as number) + weight;
    });
    return folded;
  };
}

/** What rounding one weight leaves over goes to the next one. */
function rounded(row: readonly number[], scale: bigint, one: bigint): number[] {
  const exact = row.map((weight) => BigInt(weight) * scale);
  const sum = (exact.reduce((total, weight) => total + weight, 0n) + one / 2n) / one || 1n;
  let left = 0n;
  return exact.map((weight) => {
    const value = weight + left;
    const whole = (value + (value < 0n ? -sum / 2n : sum / 2n)) / sum;
    left = value - whole * sum;
    return Number(whole);
  });
}
