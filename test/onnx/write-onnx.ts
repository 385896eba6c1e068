import { writeModel, type Attribute, type Initializer } from '../../src/onnx/onnx-model.ts';
import { joined } from '../../src/onnx/protobuf.ts';

export type { Attribute };

export interface OneNode {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** What comes in, by name, in the operation's order; '' is an input left out. */
  readonly inputs: readonly string[];
  /** Of those that are fixed. */
  readonly initializers?: Readonly<Record<string, Initializer>>;
  /** Of those that are given when it runs. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly opset?: number;
}

/** A model of one node, whose output is `y`. */
export function writeOnnx({ op, attributes = {}, inputs, initializers = {}, shapes, opset = 20 }: OneNode): Uint8Array {
  const node = { name: op, op, inputs, outputs: ['y'], attributes };
  const constants = new Map(Object.entries(initializers));
  return joined(
    writeModel({
      ...{ name: op, nodes: [node], initializers: constants, inputs: shapes, outputs: { y: undefined } },
      ...{ shapes: new Map(), opset },
    }),
  );
}
