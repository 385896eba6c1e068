// The arithmetic of Resize along one dimension, as ONNX defines it: which input values make each output value.

/** @internal The settings of a Resize. */
export interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  readonly nearestMode: string;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/** @internal The position in the input that an output position is taken from; undefined for unknown coordinates. */
function position(o: number, from: number, to: number, scale: number, coordinates: string): number | undefined {
  switch (coordinates) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return to > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case 'asymmetric':
      return o / scale;
    case 'align_corners':
      return to > 1 ? (o * (from - 1)) / (to - 1) : 0;
    case 'tf_half_pixel_for_nn':
      return (o + 0.5) / scale;
    case 'half_pixel_symmetric': {
      const adjustment = to / (from * scale);
      const offset = (from / 2) * (1 - adjustment);
      return offset + (o + 0.5) / scale - 0.5;
    }
    default:
      return undefined;
  }
}

function nearestTo(x: number, mode: string): number | undefined {
  switch (mode) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    default:
      return undefined;
  }
}

/** Keys 1981, "Cubic convolution interpolation for digital image processing". */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** @internal For each output, the inputs it is made of with their shares; undefined for a setting that is not supported. */
export function interpolationTaps(
  from: number,
  to: number,
  scale: number,
  { mode, coordinates, nearestMode, cubicA, excludeOutside, antialias }: Interpolation,
): Map<number, number>[] | undefined {
  const outputs: Map<number, number>[] = [];
  // With antialiasing, the filter is as much wider as the picture becomes smaller.
  const stretch = antialias && scale < 1 ? 1 / scale : 1;
  for (let o = 0; o < to; o++) {
    const x = position(o, from, to, scale, coordinates);
    if (x === undefined) return undefined;
    const shares = new Map<number, number>();
    const add = (i: number, share: number) => {
      const inside = Math.min(from - 1, Math.max(0, i));
      if (excludeOutside && inside !== i) return;
      if (share !== 0) shares.set(inside, (shares.get(inside) ?? 0) + share);
    };
    if (mode === 'nearest') {
      const i = nearestTo(x, nearestMode);
      if (i === undefined) return undefined;
      add(i, 1);
    } else {
      const reach = (mode === 'linear' ? 1 : 2) * stretch;
      for (let i = Math.ceil(x - reach); i <= Math.floor(x + reach); i++) {
        const distance = (x - i) / stretch;
        add(i, mode === 'linear' ? Math.max(0, 1 - Math.abs(distance)) : cubic(distance, cubicA));
      }
    }
    const sum = [...shares.values()].reduce((a, b) => a + b, 0);
    for (const [i, share] of shares) shares.set(i, share / sum);
    outputs.push(shares);
  }
  return outputs;
}
