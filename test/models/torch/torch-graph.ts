import type { Attribute, Initializer, OnnxGraph, OnnxNode } from '../../../src/onnx/onnx-model.ts';
import { randomFrom } from '../../support/random.ts';

/** What a convolution has besides its name and its filters, in PyTorch's terms. */
interface ConvolutionOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** A value of the graph: its name and its channels. */
export interface Value {
  readonly name: string;
  readonly channels: number;
}

/**
 * Writes a network of PyTorch as an ONNX graph, module by module as `torch.nn` defines them, and draws the weights of each module under
 * its name in the state dict.
 */
export class TorchGraph {
  readonly state = new Map<string, Initializer & { readonly data: Float32Array }>();
  readonly input: Value = { name: 'x', channels: 3 };
  readonly #nodes: OnnxNode[] = [];
  readonly #shapes = new Map<string, Initializer>();
  readonly #random: () => number;
  readonly #block: Float32Array;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    // A prime number of values, so that equal ones do not lie under each other in any matrix.
    this.#block = Float32Array.from({ length: 1_000_003 }, () => 2 * this.#random() - 1);
  }

  finish({ name }: Value, size: number): OnnxGraph {
    return {
      name: 'torch',
      nodes: this.#nodes,
      initializers: new Map<string, Initializer>([...this.state, ...this.#shapes]),
      inputs: { x: [1, 3, size, size] },
      outputs: { [name]: undefined },
      shapes: new Map(),
    };
  }

  /** `nn.Conv2d`. */
  conv(x: Value, name: string, filters: number, options: ConvolutionOptions): Value {
    const { kernel, stride = 1, padding = 0, groups = 1, bias = true } = options;
    const channels = x.channels / groups;
    const weight = this.#kernel(`${name}.weight`, [filters, channels, kernel, kernel], channels * kernel ** 2);
    return this.#add(
      'Conv',
      [x.name, weight, ...(bias ? [this.#vector(`${name}.bias`, filters, -0.2, 0.2)] : [])],
      filters,
      {
        kernel_shape: [kernel, kernel],
        strides: [stride, stride],
        pads: [padding, padding, padding, padding],
        group: groups,
      },
    );
  }

  /** `nn.BatchNorm2d` in evaluation. `scale` is what its weights are about. */
  norm(x: Value, name: string, scale = 1): Value {
    const vectors = [
      this.#vector(`${name}.weight`, x.channels, 0.7 * scale, 1.3 * scale),
      this.#vector(`${name}.bias`, x.channels, -0.2, 0.2),
      this.#vector(`${name}.running_mean`, x.channels, -0.2, 0.2),
      this.#vector(`${name}.running_var`, x.channels, 0.02, 1.5),
    ];
    return this.#add('BatchNormalization', [x.name, ...vectors], x.channels, { epsilon: { float: 1e-5 } });
  }

  relu(x: Value): Value {
    return this.#add('Relu', [x.name], x.channels);
  }

  /** `nn.ReLU6`. */
  relu6(x: Value): Value {
    for (const [name, value] of Object.entries({ zero: 0, six: 6 })) {
      this.#shapes.set(name, { shape: [], data: Float32Array.of(value) });
    }
    return this.#add('Clip', [x.name, 'zero', 'six'], x.channels);
  }

  /** `nn.MaxPool2d`. */
  maxPool(x: Value, size: number, stride: number, { padding = 0, ceil = false } = {}): Value {
    return this.#add('MaxPool', [x.name], x.channels, {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      ceil_mode: ceil ? 1 : 0,
    });
  }

  /** `nn.AdaptiveAvgPool2d(1)` and `torch.flatten(x, 1)`. */
  mean(x: Value): Value {
    return this.flatten(this.#add('GlobalAveragePool', [x.name], x.channels), 1);
  }

  /** `torch.flatten(x, 1)` of a picture of so many pixels: channel by channel. */
  flatten(x: Value, pixels: number): Value {
    return this.#add('Flatten', [x.name], x.channels * pixels, { axis: 1 });
  }

  /** `nn.Linear`. */
  linear(x: Value, name: string, units: number): Value {
    const weight = this.#kernel(`${name}.weight`, [units, x.channels], x.channels);
    return this.#add('Gemm', [x.name, weight, this.#vector(`${name}.bias`, units, -0.2, 0.2)], units, { transB: 1 });
  }

  add(a: Value, b: Value): Value {
    return this.#add('Add', [a.name, b.name], a.channels);
  }

  /** `torch.cat([a, b], 1)`. */
  concatenate(a: Value, b: Value): Value {
    return this.#add('Concat', [a.name, b.name], a.channels + b.channels, { axis: 1 });
  }

  #add(
    op: string,
    inputs: readonly string[],
    channels: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const name = `v${this.#nodes.length}`;
    this.#nodes.push({ name: `n${this.#nodes.length}`, op, inputs, outputs: [name], attributes });
    return { name, channels };
  }

  /** Uniform values with He's variance, 2 / fan-in. */
  #kernel(name: string, shape: readonly number[], fanIn: number): string {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const start = Math.floor(this.#random() * 1000);
    const spread = Math.sqrt(6 / fanIn);
    const block = this.#block.map((value) => value * spread);
    for (let at = -start; at < data.length; at += block.length) {
      const from = Math.max(0, -at);
      data.set(block.subarray(from, Math.min(block.length, data.length - at)), at + from);
    }
    this.state.set(name, { shape, data });
    return name;
  }

  #vector(name: string, length: number, low: number, high: number): string {
    this.state.set(name, {
      shape: [length],
      data: Float32Array.from({ length }, () => low + (high - low) * this.#random()),
    });
    return name;
  }
}
