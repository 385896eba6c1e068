import type { Attribute, Initializer, OnnxGraph, OnnxNode } from '../../../src/onnx/onnx-model.ts';

/** A value of a graph that is being drawn. */
interface Drawn {
  readonly name: string;
  readonly shape: readonly number[];
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Draws ONNX graphs of known operators that ONNX Runtime accepts. */
export class RandomGraph {
  readonly #random: () => number;
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #opset: number;
  readonly input: Drawn;
  #last: Drawn;
  readonly #values: Drawn[] = [];

  constructor(random: () => number, size = 8) {
    this.#random = random;
    this.#opset = this.#pick([11, 13, 17]);
    this.input = { name: 'x', shape: [1, this.#upTo(6), 3 + this.#upTo(7), 3 + this.#upTo(7)] };
    this.#last = this.input;
    this.#values.push(this.input);
    while (this.#nodes.length < size) this.#step();
  }

  /** The graph, whose output is the last value. */
  finish(): OnnxGraph {
    return {
      name: 'random',
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: { x: this.input.shape },
      outputs: { [this.#last.name]: undefined },
      shapes: new Map(),
      opset: this.#opset,
    };
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  /** 1 … most. */
  #upTo(most: number): number {
    return 1 + Math.floor(this.#random() * most);
  }

  #floats(shape: readonly number[], low = -1, high = 1): string {
    const data = Float32Array.from({ length: product(shape) }, () => low + (high - low) * this.#random());
    const name = `c${this.#initializers.size}`;
    this.#initializers.set(name, { shape, data });
    return name;
  }

  #ints(values: readonly number[]): string {
    const name = `c${this.#initializers.size}`;
    this.#initializers.set(name, { shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  }

  #add(
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    outputs = 1,
  ): void {
    const name = `v${this.#nodes.length}`;
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    this.#nodes.push({ name: `n${this.#nodes.length}`, op, inputs, outputs: names, attributes });
    this.#last = { name, shape };
    this.#values.push(this.#last);
  }

  #step(): void {
    const { shape } = this.#last;
    const large = product(shape) > 4000;
    const picture = [
      ...[() => this.#conv(), () => this.#conv(), () => this.#pool(), () => this.#normalize(), () => this.#lrn()],
      ...(large ? [] : [() => this.#resize(), () => this.#transposed()]),
      () => this.#global(),
      () => this.#depthToSpace(),
    ];
    const any = [
      ...[() => this.#unary(), () => this.#constant(), () => this.#binary(), () => this.#concat(), () => this.#slice()],
      ...[
        () => this.#transpose(),
        () => this.#reshape(),
        () => this.#flatten(),
        () => this.#softmax(),
        () => this.#pad(),
      ],
      ...[
        () => this.#reduce(),
        () => this.#split(),
        () => this.#matrix(),
        () => this.#unsqueeze(),
        () => this.#gather(),
      ],
    ];
    this.#pick(shape.length === 4 && shape[0] === 1 && this.#random() < 0.6 ? picture : any)();
  }

  #conv(): void {
    const { name, shape } = this.#last;
    const [, channels = 1, height = 1, width = 1] = shape;
    const group = this.#pick([1, 1, channels, channels % 2 === 0 ? 2 : 1]);
    const filters = group * this.#upTo(group > 2 ? 2 : 4);
    const size = [Math.min(height, this.#upTo(3)), Math.min(width, this.#upTo(3))];
    const [strides, pads] = [[this.#upTo(2), this.#upTo(2)], [0, 0, 0, 0].map(() => this.#upTo(3) - 1)];
    const automatic = this.#pick(['NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
    const side = (i: number, length: number) => {
      const [k = 1, s = 1] = [size[i], strides[i]];
      if (automatic.startsWith('SAME')) return Math.ceil(length / s);
      const around = automatic === 'VALID' ? 0 : (pads[i] ?? 0) + (pads[i + 2] ?? 0);
      return Math.floor((length + around - k) / s) + 1;
    };
    const kernel = this.#floats([filters, channels / group, ...size]);
    const bias = this.#random() < 0.5 ? [this.#floats([filters])] : [];
    const attributes = {
      group,
      kernel_shape: size,
      strides,
      ...(automatic === 'NOTSET' ? { pads } : { auto_pad: automatic }),
    };
    this.#add('Conv', [name, kernel, ...bias], [1, filters, side(0, height), side(1, width)], attributes);
  }

  #transposed(): void {
    const { name, shape } = this.#last;
    const [, channels = 1, height = 1, width = 1] = shape;
    const [filters, size, strides] = [
      this.#upTo(3),
      [1 + this.#upTo(2), 1 + this.#upTo(2)],
      [this.#upTo(2), this.#upTo(2)],
    ];
    const side = (i: number, length: number) => (strides[i] ?? 1) * (length - 1) + (size[i] ?? 1);
    const kernel = this.#floats([channels, filters, ...size]);
    const attributes = { kernel_shape: size, strides };
    this.#add('ConvTranspose', [name, kernel], [1, filters, side(0, height), side(1, width)], attributes);
  }

  #pool(): void {
    const { name, shape } = this.#last;
    const [, channels = 1, height = 1, width = 1] = shape;
    const size = [Math.min(height, 1 + this.#upTo(2)), Math.min(width, 1 + this.#upTo(2))];
    const strides = [this.#upTo(2), this.#upTo(2)];
    const pads = [0, 1, 2, 3].map((i) => (this.#random() < 0.5 && (size[i % 2] ?? 1) > 1 ? 1 : 0));
    const ceil = this.#pick([0, 1]);
    const side = (i: number, length: number) => {
      const [k = 1, s = 1, before = 0, after = 0] = [size[i], strides[i], pads[i], pads[i + 2]];
      const exact = (length + before + after - k) / s;
      const count = (ceil ? Math.ceil(exact) : Math.floor(exact)) + 1;
      return ceil && (count - 1) * s >= length + before ? count - 1 : count;
    };
    const op = this.#pick(['MaxPool', 'AveragePool']);
    const counted = op === 'AveragePool' ? { count_include_pad: this.#pick([0, 1]) } : {};
    const attributes = { kernel_shape: size, strides, pads, ceil_mode: ceil, ...counted };
    this.#add(op, [name], [1, channels, side(0, height), side(1, width)], attributes);
  }

  #normalize(): void {
    const { name, shape } = this.#last;
    const channels = [shape[1] ?? 1];
    const [scale, bias, mean] = [this.#floats(channels), this.#floats(channels), this.#floats(channels)];
    const variance = this.#floats(channels, 0.5, 2);
    if (this.#random() < 0.6) this.#add('BatchNormalization', [name, scale, bias, mean, variance], shape);
    else this.#add('InstanceNormalization', [name, scale, bias], shape, { epsilon: { float: 0.1 } });
  }

  #lrn(): void {
    const { name, shape } = this.#last;
    this.#add('LRN', [name], shape, { size: this.#pick([1, 3, 5]), alpha: { float: 0.1 } });
  }

  #resize(): void {
    const { name, shape } = this.#last;
    const [, channels = 1, height = 1, width = 1] = shape;
    const mode = this.#pick(['nearest', 'linear', 'linear', 'cubic']);
    const to = [this.#upTo(8), this.#upTo(8)];
    const attributes = {
      mode,
      coordinate_transformation_mode: this.#pick(['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']),
      // Halves are rounded by the last digit otherwise.
      ...(mode === 'nearest' ? { nearest_mode: this.#pick(['floor', 'round_prefer_floor']) } : {}),
    };
    if (mode === 'nearest') {
      const by = [this.#upTo(2), this.#upTo(3)];
      const scales = `c${this.#initializers.size}`;
      this.#initializers.set(scales, { shape: [4], data: Float32Array.of(1, 1, ...by) });
      const whole = { ...attributes, coordinate_transformation_mode: this.#pick(['half_pixel', 'asymmetric']) };
      return this.#add(
        'Resize',
        [name, this.#floats([0]), scales],
        [1, channels, height * (by[0] ?? 1), width * (by[1] ?? 1)],
        whole,
      );
    }
    return this.#add(
      'Resize',
      [name, this.#floats([0]), this.#floats([0]), this.#ints([1, channels, ...to])],
      [1, channels, ...to],
      attributes,
    );
  }

  #global(): void {
    const { name, shape } = this.#last;
    this.#add(this.#pick(['GlobalAveragePool', 'GlobalMaxPool']), [name], [1, shape[1] ?? 1, 1, 1]);
  }

  #depthToSpace(): void {
    const { name, shape } = this.#last;
    const [, channels = 1, height = 1, width = 1] = shape;
    if (channels % 4 === 0) {
      const attributes = { blocksize: 2, mode: this.#pick(['DCR', 'CRD']) };
      this.#add('DepthToSpace', [name], [1, channels / 4, 2 * height, 2 * width], attributes);
    } else if (height % 2 === 0 && width % 2 === 0) {
      this.#add('SpaceToDepth', [name], [1, 4 * channels, height / 2, width / 2], { blocksize: 2 });
    }
  }

  #unary(): void {
    const { name, shape } = this.#last;
    const op = this.#pick(
      'Relu Sigmoid Tanh Elu LeakyRelu Selu Softplus Softsign HardSigmoid Abs Neg Exp Erf Sin Cos Identity Clip PRelu'.split(
        ' ',
      ),
    );
    // Larger powers would leave nothing else to see.
    if (op === 'Exp') this.#add('Tanh', [name], shape);
    const from = this.#last.name;
    if (op === 'Clip') this.#add(op, [from, this.#scalar(-0.5), this.#pick(['', this.#scalar(0.75)])], shape);
    else if (op === 'PRelu') this.#add(op, [from, this.#floats(this.#repeating(shape))], shape);
    else this.#add(op, [from], shape);
  }

  #scalar(value: number): string {
    const name = `c${this.#initializers.size}`;
    this.#initializers.set(name, { shape: [], data: Float32Array.of(value) });
    return name;
  }

  /** A shape that repeats to this one, of the last dimensions. */
  #repeating(shape: readonly number[]): number[] {
    const kept = shape.slice(1 + Math.floor(this.#random() * (shape.length - 1)));
    return kept.map((size) => (this.#random() < 0.5 ? 1 : size));
  }

  #constant(): void {
    const { name, shape } = this.#last;
    const op = this.#pick(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow']);
    if (op === 'Pow') {
      this.#add('Abs', [name], shape);
      return this.#add(op, [this.#last.name, this.#scalar(this.#pick([0.5, 2, 1, 1.5]))], shape);
    }
    const constant = this.#floats(this.#repeating(shape), 0.5, 2);
    const turned = op !== 'Div' && this.#random() < 0.3;
    return this.#add(op, turned ? [constant, name] : [name, constant], shape);
  }

  #binary(): void {
    const { name, shape } = this.#last;
    const fits = this.#values.filter(
      (value) =>
        value.shape.length <= shape.length &&
        value.shape.every((size, i) => [1, shape[shape.length - value.shape.length + i]].includes(size)),
    );
    const other = this.#pick(fits);
    this.#add(this.#pick(['Add', 'Sub', 'Mul', 'Max', 'Sum']), [name, other.name], shape);
  }

  #concat(): void {
    const { name, shape } = this.#last;
    const axis = this.#upTo(shape.length - 1);
    const fits = this.#values.filter(
      (value) => value.shape.length === shape.length && value.shape.every((size, i) => i === axis || size === shape[i]),
    );
    const others = [this.#pick(fits), ...(this.#random() < 0.3 ? [this.#pick(fits)] : [])];
    if (product(shape) > 5000) return;
    const total = others.reduce((sum, other) => sum + (other.shape[axis] ?? 1), shape[axis] ?? 1);
    const negative = this.#random() < 0.3 ? axis - shape.length : axis;
    this.#add('Concat', [name, ...others.map((other) => other.name)], shape.with(axis, total), { axis: negative });
  }

  #slice(): void {
    const { name, shape } = this.#last;
    const axis = this.#upTo(shape.length - 1);
    const length = shape[axis] ?? 1;
    const [start, step] = [Math.floor(this.#random() * length), this.#pick([1, 1, 2, -1, -2])];
    const end = step > 0 ? length : -length - 1;
    const count = step > 0 ? Math.ceil((length - start) / step) : Math.floor(start / -step) + 1;
    const given = [[start], [end], [axis], [step]].map((values) => this.#ints(values));
    this.#add('Slice', [name, ...given], shape.with(axis, count));
  }

  #transpose(): void {
    const { name, shape } = this.#last;
    const perm = [0, ...shape.slice(1).map((_, i) => i + 1)];
    for (let i = perm.length - 1; i > 1; i--) {
      const j = this.#upTo(i);
      [perm[i], perm[j]] = [perm[j] ?? 0, perm[i] ?? 0];
    }
    // At the beginning, this would mean that the picture has its channels last.
    if (perm.join() === '0,3,1,2' && this.#nodes.every(({ op }) => op !== 'Conv')) return;
    this.#add(
      'Transpose',
      [name],
      perm.map((d) => shape[d] ?? 1),
      { perm },
    );
  }

  #reshape(): void {
    const { name, shape } = this.#last;
    const sizes = [1];
    let left = product(shape);
    const rank = this.#upTo(4);
    for (let i = 1; i < rank; i++) {
      const divisors = Array.from({ length: left }, (_, d) => d + 1).filter((d) => left % d === 0);
      const size = this.#pick(divisors);
      sizes.push(size);
      left /= size;
    }
    sizes.push(left);
    const open = sizes.with(1 + Math.floor(this.#random() * (sizes.length - 1)), -1);
    this.#add('Reshape', [name, this.#ints(this.#random() < 0.5 ? sizes : open)], sizes);
  }

  #flatten(): void {
    const { name, shape } = this.#last;
    const axis = this.#upTo(shape.length - 1);
    this.#add('Flatten', [name], [product(shape.slice(0, axis)), product(shape.slice(axis))], { axis });
  }

  #softmax(): void {
    const { name, shape } = this.#last;
    const op = this.#pick(['Softmax', 'LogSoftmax']);
    this.#add(op, [name], shape, { axis: this.#upTo(shape.length - 1) });
  }

  #pad(): void {
    const { name, shape } = this.#last;
    const mode = this.#pick(['constant', 'reflect', 'edge']);
    const around = shape.map((size, d) => {
      if (d === 0 || product(shape) > 3000) return [0, 0];
      const most = mode === 'reflect' ? Math.min(2, size - 1) : 2;
      return [0, 0].map(() => Math.floor(this.#random() * (most + 1)));
    });
    const pads = [...around.map(([before]) => before ?? 0), ...around.map(([, after]) => after ?? 0)];
    const value = mode === 'constant' && this.#random() < 0.5 ? [this.#scalar(0.25)] : [];
    this.#add(
      'Pad',
      [name, this.#ints(pads), ...value],
      shape.map((size, d) => size + (around[d]?.[0] ?? 0) + (around[d]?.[1] ?? 0)),
      { mode },
    );
  }

  #reduce(): void {
    const { name, shape } = this.#last;
    const op = this.#pick([
      'ReduceMean',
      'ReduceMax',
      'ReduceMin',
      'ReduceL2',
      'ReduceSumSquare',
      'ReduceL1',
      'ReduceLogSumExp',
    ]);
    const all = shape.slice(1).map((_, i) => i + 1);
    const axes = all.filter(() => this.#random() < 0.5);
    if (axes.length === 0) axes.push(this.#pick(all));
    const keepdims = shape.length - axes.length < 2 ? 1 : this.#pick([0, 1]);
    const kept = keepdims
      ? shape.map((size, d) => (axes.includes(d) ? 1 : size))
      : shape.filter((_, d) => !axes.includes(d));
    this.#add(op, [name], kept, { axes, keepdims });
  }

  #split(): void {
    const { name, shape } = this.#last;
    const axis = this.#upTo(shape.length - 1);
    const length = shape[axis] ?? 1;
    if (length < 2) return;
    const first = this.#upTo(length - 1);
    if (this.#opset < 13)
      this.#add('Split', [name], shape.with(axis, first), { axis, split: [first, length - first] }, 2);
    else this.#add('Split', [name, this.#ints([first, length - first])], shape.with(axis, first), { axis }, 2);
    const part = { name: `${this.#last.name}_1`, shape: shape.with(axis, length - first) };
    this.#values.push(part);
    if (this.#random() < 0.5) this.#last = part;
  }

  #matrix(): void {
    const { name, shape } = this.#last;
    const [inputs, units] = [shape.at(-1) ?? 1, this.#upTo(5)];
    if (shape.length > 2 || this.#random() < 0.5) {
      return this.#add('MatMul', [name, this.#floats([inputs, units], -0.3, 0.3)], [...shape.slice(0, -1), units]);
    }
    const transB = this.#pick([0, 1]);
    const kernel = this.#floats(transB ? [units, inputs] : [inputs, units], -0.3, 0.3);
    const bias =
      this.#random() < 0.6 ? [this.#floats(this.#pick([[units], [1, units], [1], [shape[0] ?? 1, units]]))] : [];
    const attributes = { transB, alpha: { float: 0.5 }, beta: { float: 2 } };
    return this.#add('Gemm', [name, kernel, ...bias], [shape[0] ?? 1, units], attributes);
  }

  #unsqueeze(): void {
    const { name, shape } = this.#last;
    if (shape.length > 4) return this.#flatten();
    const axis = this.#upTo(shape.length);
    const wider = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
    if (this.#opset < 13) this.#add('Unsqueeze', [name], wider, { axes: [axis] });
    else this.#add('Unsqueeze', [name, this.#ints([axis])], wider);
    return undefined;
  }

  #gather(): void {
    const { name, shape } = this.#last;
    const axis = this.#upTo(shape.length - 1);
    const length = shape[axis] ?? 1;
    const indices = Array.from({ length: this.#upTo(3) }, () => Math.floor(this.#random() * length));
    this.#add('Gather', [name, this.#ints(indices)], shape.with(axis, indices.length), { axis });
  }
}
