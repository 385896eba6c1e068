import { sizeOf, type Shape } from '../stage/shape.ts';
import type { Attribute, Initializer, OnnxGraph, OnnxNode, OnnxShape } from './onnx-model.ts';

/** A value (a tensor) in a graph that is being built. */
export interface Value {
  readonly name: string;
  /** The shape as in a stage: `[batch, height, width, channels]`. */
  readonly shape: Shape;
  /** True for a picture in ONNX's layout, `[batch, channels, height, width]`. Otherwise the layout is that of `shape`. */
  readonly planar: boolean;
}

/** The levels that a value was rounded to: (q − zeroPoint) · scale. */
export interface Levels {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The name of the first dimension, whose size a graph leaves open. */
const BATCH = 'batch';

/** Where ONNX's layout has batch, height, width and channels. */
const PLACES = [0, 2, 3, 1];

/** Collects the nodes and constants of a graph. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #shapes = new Map<string, OnnxShape>();
  readonly #taken = new Set<string>();
  readonly #moved = new Map<string, Value>();
  readonly #scalars = new Map<number, string>();
  readonly #levels = new Map<string, Levels>();
  readonly input: Value;
  readonly #takesBytes: boolean;
  #scope = '';

  constructor(input: Shape, takesBytes = false) {
    this.#takesBytes = takesBytes;
    this.input = { name: this.#unique('input'), shape: input, planar: false };
  }

  /** Prefixes the names of everything that `make` adds with the stage's name. */
  within<T>(stage: string, make: () => T): T {
    const outside = this.#scope;
    this.#scope += `${stage}/`;
    try {
      return make();
    } finally {
      this.#scope = outside;
    }
  }

  /** Adds an operation; returns the name of its output. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#unique(this.#scope + op);
    this.#nodes.push({ name, op, inputs, outputs: [name], attributes });
    return name;
  }

  /** Adds an operation whose output has the shape and layout of its input. */
  each(op: string, x: Value, attributes: Readonly<Record<string, Attribute>> = {}, ...others: string[]): Value {
    return { ...x, name: this.node(op, [x.name, ...others], attributes) };
  }

  /** Adds a constant of floats; returns its name. */
  floats(name: string, data: Float32Array, shape: Shape): string {
    return this.#constant(name, { data, shape });
  }

  /** Adds a constant list of integers; returns its name. */
  wholes(name: string, ...values: readonly number[]): string {
    return this.#constant(name, { data: BigInt64Array.from(values, BigInt), shape: [values.length] });
  }

  /** Adds a constant of integers of 8 or 32 bits; returns its name. */
  integers(name: string, data: Int32Array | Int8Array | Uint8Array, shape: Shape): string {
    return this.#constant(name, { data, shape });
  }

  /** Adds a constant number, once for each value; returns its name. */
  scalar(value: number): string {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const made = this.#unique(String(value));
    this.#initializers.set(made, { data: Float32Array.of(value), shape: [] });
    this.#scalars.set(value, made);
    return made;
  }

  /** Adds a constant with one number per channel, shaped to broadcast along the value's channels; returns its name. */
  channels(name: string, data: Float32Array, { planar }: Value): string {
    return this.floats(name, data, planar ? [data.length, 1, 1] : [data.length]);
  }

  /** The value in ONNX's layout for pictures, if it is a picture. */
  planar(x: Value): Value {
    return x.planar || x.shape.length !== 4 ? x : this.#move(x, [0, 3, 1, 2]);
  }

  /** The value in the layout of its shape. */
  interleaved(x: Value): Value {
    return x.planar ? this.#move(x, [0, 2, 3, 1]) : x;
  }

  /** The dimension of a value's channels. */
  channelAxis({ planar, shape }: Value): number {
    return planar ? 1 : shape.length - 1;
  }

  /** Where the layout of a value has the dimension that an option names. −1 is the last one. */
  axis({ planar, shape }: Value, named: number): number {
    const axis = named < 0 ? shape.length + named : named;
    return planar ? (PLACES[axis] ?? 0) : axis;
  }

  /** Rounds a value to levels of 8 bits. */
  rounded(x: Value, { scale, zeroPoint }: Levels): Value {
    // Pictures are turned before, so that a convolution finds the rounding directly before it.
    const given = this.planar(x);
    const levels = [
      this.floats('scale', Float32Array.of(scale), []),
      this.integers('zeroPoint', Uint8Array.of(zeroPoint), []),
    ];
    const result = this.each('DequantizeLinear', this.each('QuantizeLinear', given, {}, ...levels), {}, ...levels);
    this.#levels.set(result.name, { scale, zeroPoint });
    return result;
  }

  /** The levels of a value that nothing has changed since it was rounded. */
  levelsOf({ name }: Value): Levels | undefined {
    return this.#levels.get(name);
  }

  /** Writes a value's shape into the graph, for tools that show it. */
  note({ name, shape, planar }: Value): void {
    if (name !== this.input.name) this.#shapes.set(name, openShape(shape, planar));
  }

  /** The finished graph. Its input and output have the layout of their shapes. */
  finish(name: string, result: Value, metadata: Readonly<Record<string, string>> = {}): OnnxGraph {
    const last = this.interleaved(result);
    const output = this.#unique('output');
    this.#nodes.push({ name: output, op: 'Identity', inputs: [last.name], outputs: [output], attributes: {} });
    return {
      name,
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: { [this.input.name]: openShape(this.input.shape, false) },
      takesBytes: this.#takesBytes,
      outputs: { [output]: openShape(last.shape, false) },
      shapes: this.#shapes,
      metadata,
    };
  }

  #move(x: Value, perm: readonly number[]): Value {
    const known = this.#moved.get(x.name);
    if (known) return known;
    const [batch = 1, height = 1, width = 1, channels = 1] = x.shape;
    // With one pixel or one channel, a reshape has the same result, and costs nothing.
    const name =
      height * width === 1 || channels === 1
        ? this.node('Reshape', [
            x.name,
            this.wholes('shape', ...(x.planar ? [-1, height, width, channels] : [-1, channels, height, width])),
          ])
        : this.node('Transpose', [x.name], { perm });
    const moved = { name, shape: [batch, height, width, channels], planar: !x.planar };
    this.#moved.set(x.name, moved);
    this.#moved.set(name, x);
    return moved;
  }

  #constant(name: string, value: Initializer): string {
    if (value.data.length !== sizeOf(value.shape))
      throw new Error(`${this.#scope}${name} does not have the size of its shape`);
    const made = this.#unique(this.#scope + name);
    this.#initializers.set(made, value);
    return made;
  }

  #unique(name: string): string {
    let made = name;
    for (let n = 1; this.#taken.has(made); n++) made = `${name}_${n}`;
    this.#taken.add(made);
    return made;
  }
}

function openShape([, ...sizes]: Shape, planar: boolean): OnnxShape {
  const [height = 0, width = 0, channels = 0] = sizes;
  return planar ? [BATCH, channels, height, width] : [BATCH, ...sizes];
}
