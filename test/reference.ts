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

const at = (grid: Grid, ...index: number[]): number =>
  grid.data[index.reduce((flat, i, d) => flat * (grid.shape[d] ?? 1) + i, 0)] ?? NaN;

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
  };
  return { shape: x.shape, data: x.data.map(functions[kind]) };
}
