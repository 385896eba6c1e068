import type { Activation, Padding } from 'sluice';

/** Numbers with a shape, row-major, in double precision. */
export interface Grid {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** What a sliding window is told; both directions spelled out. */
export interface ReferenceWindow {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilation: readonly [number, number];
}

// The operations as their definitions read, in nested loops that know nothing of src/ or of tfjs: slow and plain.

/** How much lies before the picture, and how many places the window has, along one dimension. */
function places(window: ReferenceWindow, dimension: 0 | 1, input: number): { before: number; count: number } {
  const reach = window.dilation[dimension] * (window.size[dimension] - 1) + 1;
  const stride = window.strides[dimension];
  let [before, after] = [0, 0];
  if (window.padding === 'same') {
    // TensorFlow: as many places as strides begin inside the picture; what they need more is halved, the odd one after.
    let starts = 0;
    for (let at = 0; at < input; at += stride) starts++;
    const need = Math.max(0, (starts - 1) * stride + reach - input);
    before = Math.floor(need / 2);
    after = need - before;
  } else if (typeof window.padding === 'number') {
    before = after = window.padding;
  } else if (window.padding !== 'valid') {
    [before, after] = window.padding[dimension];
  }
  let count = 0;
  for (let at = -before; at + reach <= input + after; at += stride) count++;
  return { before, count };
}

/** Calls `visit` for every place of the window with the taps that lie inside the picture. */
function slide(
  { shape: [batch = 0, height = 0, width = 0] }: Grid,
  window: ReferenceWindow,
  visit: (b: number, y: number, x: number, taps: { i: number; j: number; row: number; column: number }[]) => void,
): [number, number, number] {
  const rows = places(window, 0, height);
  const columns = places(window, 1, width);
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < rows.count; y++) {
      for (let x = 0; x < columns.count; x++) {
        const taps = [];
        for (let i = 0; i < window.size[0]; i++) {
          for (let j = 0; j < window.size[1]; j++) {
            const row = y * window.strides[0] - rows.before + i * window.dilation[0];
            const column = x * window.strides[1] - columns.before + j * window.dilation[1];
            if (row >= 0 && row < height && column >= 0 && column < width) taps.push({ i, j, row, column });
          }
        }
        visit(b, y, x, taps);
      }
    }
  }
  return [batch, rows.count, columns.count];
}

/** The value at an index. */
export const at = (grid: Grid, ...index: number[]): number =>
  grid.data[index.reduce((flat, i, d) => flat * (grid.shape[d] ?? 1) + i, 0)] ?? NaN;

/** The grid of this shape whose value at each index is what `valueAt` says. */
export function byIndex(shape: readonly number[], valueAt: (...index: number[]) => number): Grid {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, flat) => {
    let rest = flat;
    const index = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % (shape[d] ?? 1);
      rest = Math.floor(rest / (shape[d] ?? 1));
    }
    return valueAt(...index);
  });
  return { shape, data };
}

/** Σ input · kernel + bias; kernel `[h, w, channels, filters]`. */
export function referenceConv2d(x: Grid, kernel: Grid, bias: readonly number[], window: ReferenceWindow): Grid {
  const [, , channels = 0, filters = 0] = kernel.shape;
  const data: number[] = [];
  const shape = slide(x, window, (b, _y, _x, taps) => {
    for (let f = 0; f < filters; f++) {
      let sum = bias[f] ?? 0;
      for (const { i, j, row, column } of taps) {
        for (let c = 0; c < channels; c++) sum += at(x, b, row, column, c) * at(kernel, i, j, c, f);
      }
      data.push(sum);
    }
  });
  return { shape: [...shape, filters], data };
}

/** Each channel with its own kernels `[h, w, channels, multiplier]`; output channel `c · multiplier + m`. */
export function referenceDepthwise(x: Grid, kernel: Grid, bias: readonly number[], window: ReferenceWindow): Grid {
  const [, , channels = 0, multiplier = 0] = kernel.shape;
  const data: number[] = [];
  const shape = slide(x, window, (b, _y, _x, taps) => {
    for (let c = 0; c < channels; c++) {
      for (let m = 0; m < multiplier; m++) {
        let sum = bias[c * multiplier + m] ?? 0;
        for (const { i, j, row, column } of taps) sum += at(x, b, row, column, c) * at(kernel, i, j, c, m);
        data.push(sum);
      }
    }
  });
  return { shape: [...shape, channels * multiplier], data };
}

/** The largest or the mean of what the window sees of the picture; padding is not there. */
export function referencePool(kind: 'max' | 'avg', x: Grid, window: ReferenceWindow): Grid {
  const channels = x.shape[3] ?? 0;
  const data: number[] = [];
  const shape = slide(x, window, (b, _y, _x, taps) => {
    for (let c = 0; c < channels; c++) {
      const seen = taps.map(({ row, column }) => at(x, b, row, column, c));
      const sum = seen.reduce((total, value) => total + value, 0);
      data.push(kind === 'max' ? Math.max(...seen) : sum / seen.length);
    }
  });
  return { shape: [...shape, channels], data };
}

/** y = xW + b. */
export function referenceDense(x: Grid, kernel: Grid, bias: readonly number[]): Grid {
  const [rows = 0, inputs = 0] = x.shape;
  const units = kernel.shape[1] ?? 0;
  const data: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let u = 0; u < units; u++) {
      let sum = bias[u] ?? 0;
      for (let i = 0; i < inputs; i++) sum += at(x, r, i) * at(kernel, i, u);
      data.push(sum);
    }
  }
  return { shape: [rows, units], data };
}

/** Over the last dimension. */
export function referenceSoftmax(x: Grid, temperature = 1): Grid {
  const last = x.shape.at(-1) ?? 1;
  const data: number[] = [];
  for (let from = 0; from < x.data.length; from += last) {
    const scores = x.data.slice(from, from + last).map((score) => score / temperature);
    const highest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    data.push(...powers.map((power) => power / sum));
  }
  return { shape: x.shape, data };
}

/** 2/√π ∫₀ᵛ e^(−t²) dt, by Simpson's rule with 2,000 steps. */
export function erf(v: number): number {
  const end = Math.min(Math.abs(v), 7);
  const [steps, f] = [2000, (t: number) => Math.exp(-t * t)];
  let sum = f(0) + f(end);
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * f((i * end) / steps);
  return Math.sign(v) * (2 / Math.sqrt(Math.PI)) * ((sum * end) / steps / 3);
}

/** Each group of filters sees its group of channels; kernel `[h, w, channels / groups, filters]`. */
export function referenceGrouped(
  x: Grid,
  kernel: Grid,
  bias: readonly number[],
  window: ReferenceWindow,
  groups: number,
): Grid {
  const [, , depth = 0, filters = 0] = kernel.shape;
  const data: number[] = [];
  const shape = slide(x, window, (b, _y, _x, taps) => {
    for (let f = 0; f < filters; f++) {
      const first = Math.floor(f / (filters / groups)) * depth;
      let sum = bias[f] ?? 0;
      for (const { i, j, row, column } of taps) {
        for (let c = 0; c < depth; c++) sum += at(x, b, row, column, first + c) * at(kernel, i, j, c, f);
      }
      data.push(sum);
    }
  });
  return { shape: [...shape, filters], data };
}

/**
 * Every pixel adds the kernel, `[h, w, filters, channels]`, to the output, strides apart; then the padding is cut off
 * and the output padding, which nothing reaches but the bias and what the cut leaves, is there.
 */
export function referenceTranspose(
  x: Grid,
  kernel: Grid,
  bias: readonly number[],
  window: ReferenceWindow,
  outputPadding: readonly [number, number],
): Grid {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const filters = kernel.shape[2] ?? 0;
  const side = (d: 0 | 1, input: number) => {
    const [stride, reach] = [window.strides[d], window.dilation[d] * (window.size[d] - 1) + 1];
    const full = stride * (input - 1) + reach;
    if (window.padding === 'valid') return { cut: 0, length: full + outputPadding[d] };
    if (window.padding === 'same') return { cut: Math.floor(Math.max(0, reach - stride) / 2), length: input * stride };
    const [before, after] = typeof window.padding === 'number' ? [window.padding, window.padding] : window.padding[d];
    return { cut: before, length: full - before - after + outputPadding[d] };
  };
  const [rows, columns] = [side(0, height), side(1, width)];
  if (rows.length < 1 || columns.length < 1) return { shape: [batch, rows.length, columns.length, filters], data: [] };
  const shape = [batch, rows.length, columns.length, filters];
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => bias[i % filters] ?? 0);
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let z = 0; z < width; z++) {
        for (let i = 0; i < window.size[0]; i++) {
          for (let j = 0; j < window.size[1]; j++) {
            const row = y * window.strides[0] + i * window.dilation[0] - rows.cut;
            const column = z * window.strides[1] + j * window.dilation[1] - columns.cut;
            if (row < 0 || row >= rows.length || column < 0 || column >= columns.length) continue;
            for (let f = 0; f < filters; f++) {
              const to = ((b * rows.length + row) * columns.length + column) * filters + f;
              for (let c = 0; c < channels; c++)
                data[to] = (data[to] ?? 0) + at(x, b, y, z, c) * at(kernel, i, j, f, c);
            }
          }
        }
      }
    }
  }
  return { shape, data };
}

/** √Σx² of what the window sees of the picture, or √mean x². */
export function referenceL2(x: Grid, window: ReferenceWindow, mean: boolean): Grid {
  const channels = x.shape[3] ?? 0;
  const data: number[] = [];
  const shape = slide(x, window, (b, _y, _x, taps) => {
    for (let c = 0; c < channels; c++) {
      const sum = taps.reduce((total, { row, column }) => total + at(x, b, row, column, c) ** 2, 0);
      data.push(Math.sqrt(mean ? sum / taps.length : sum));
    }
  });
  return { shape: [...shape, channels], data };
}

/** x / (k + α Σx²)^β over channels from `before` before to `after` after. */
export function referenceLrn(
  x: Grid,
  before: number,
  after: number,
  [k, alpha, beta]: readonly [number, number, number],
): Grid {
  const channels = x.shape[3] ?? 1;
  const data = x.data.map((value, i) => {
    const [channel, pixel] = [i % channels, i - (i % channels)];
    let sum = 0;
    for (let c = Math.max(0, channel - before); c <= Math.min(channels - 1, channel + after); c++) {
      sum += (x.data[pixel + c] ?? NaN) ** 2;
    }
    return value / (k + alpha * sum) ** beta;
  });
  return { shape: x.shape, data };
}

/** Output pixel o takes from input (o + ½) / size − ½, edges repeated; nearest: from ⌊o / size⌋. */
export function referenceUpsample(
  x: Grid,
  [down, across]: readonly [number, number],
  kind: 'nearest' | 'bilinear',
  coordinates: 'halfPixel' | 'asymmetric' = 'halfPixel',
): Grid {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const shape = [batch, height * down, width * across, channels];
  const taps = (o: number, factor: number, input: number): [number, number][] => {
    if (kind === 'nearest') return [[Math.floor(o / factor), 1]];
    const centre = coordinates === 'asymmetric' ? o / factor : (o + 0.5) / factor - 0.5;
    const low = Math.floor(centre);
    const clamp = (i: number) => Math.min(input - 1, Math.max(0, i));
    return [
      [clamp(low), 1 - (centre - low)],
      [clamp(low + 1), centre - low],
    ];
  };
  const data: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height * down; y++) {
      for (let z = 0; z < width * across; z++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const [row, p] of taps(y, down, height)) {
            for (const [column, q] of taps(z, across, width)) sum += p * q * at(x, b, row, column, c);
          }
          data.push(sum);
        }
      }
    }
  }
  return { shape, data };
}

/** Resizes to rows × columns. What is beyond an edge is the edge. */
export function referenceResize(
  x: Grid,
  [rows, columns]: readonly [number, number],
  kind: 'nearest' | 'bilinear',
  coordinates: 'halfPixel' | 'asymmetric' | 'alignCorners',
): Grid {
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  const taps = (o: number, output: number, input: number): [number, number][] => {
    const clamp = (i: number) => Math.min(input - 1, Math.max(0, i));
    const ratio = coordinates === 'alignCorners' && output > 1 ? (input - 1) / (output - 1) : input / output;
    if (kind === 'nearest') {
      if (coordinates === 'alignCorners') return [[clamp(Math.round(o * ratio)), 1]];
      return [[clamp(Math.floor((coordinates === 'halfPixel' ? o + 0.5 : o) * ratio)), 1]];
    }
    const centre = clamp(coordinates === 'halfPixel' ? (o + 0.5) * ratio - 0.5 : o * ratio);
    const low = Math.floor(centre);
    return [
      [low, 1 - (centre - low)],
      [clamp(low + 1), centre - low],
    ];
  };
  const data: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < rows; y++) {
      for (let z = 0; z < columns; z++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (const [row, p] of taps(y, rows, height)) {
            for (const [column, q] of taps(z, columns, width)) sum += p * q * at(x, b, row, column, c);
          }
          data.push(sum);
        }
      }
    }
  }
  return { shape: [batch, rows, columns, channels], data };
}

/** γ (x − μ) / √(σ² + ε) + β along the last dimension. */
export function referenceBatchNorm(
  x: Grid,
  { gamma, beta, mean, variance }: Record<'gamma' | 'beta' | 'mean' | 'variance', readonly number[]>,
  epsilon: number,
): Grid {
  const channels = x.shape.at(-1) ?? 1;
  const data = x.data.map((value, i) => {
    const c = i % channels;
    return ((gamma[c] ?? 1) * (value - (mean[c] ?? NaN))) / Math.sqrt((variance[c] ?? NaN) + epsilon) + (beta[c] ?? 0);
  });
  return { shape: x.shape, data };
}

export function referenceActivation(x: Grid, kind: Activation): Grid {
  if (kind === 'softmax') return referenceSoftmax(x);
  const functions: Record<Exclude<Activation, 'softmax'>, (v: number) => number> = {
    linear: (v) => v,
    relu: (v) => (v > 0 ? v : 0),
    relu6: (v) => (v > 6 ? 6 : v > 0 ? v : 0),
    sigmoid: (v) => 1 / (1 + Math.exp(-v)),
    tanh: Math.tanh,
    elu: (v) => (v > 0 ? v : Math.exp(v) - 1),
    leakyRelu: (v) => (v > 0 ? v : 0.2 * v),
    gelu: (v) => (v / 2) * (1 + erf(v / Math.SQRT2)),
    hardSigmoid: (v) => Math.min(1, Math.max(0, 0.2 * v + 0.5)),
    hardSwish: (v) => v * Math.min(1, Math.max(0, v / 6 + 0.5)),
    swish: (v) => v / (1 + Math.exp(-v)),
    selu: (v) => 1.0507009873554805 * (v > 0 ? v : 1.6732632423543772 * Math.expm1(v)),
    softplus: (v) => Math.log1p(Math.exp(v)),
    softsign: (v) => v / (1 + Math.abs(v)),
    mish: (v) => v * Math.tanh(Math.log1p(Math.exp(v))),
    exponential: Math.exp,
  };
  return { shape: x.shape, data: x.data.map(functions[kind]) };
}
