import { WeightsError } from '../../errors/errors.ts';
import type { Builder } from '../onnx/builder.ts';
import type { Constant } from '../onnx/constant.ts';
import { OPERATORS } from '../onnx/convert/operators.ts';
import { foldNode } from '../onnx/fold.ts';
import type { OnnxAttribute, OnnxNode } from '../onnx/onnx-file.ts';
import { isValue, type Operand, type Value } from '../onnx/value.ts';
import type { Constants } from './constants.ts';
import type { DilatedOperator } from './dilated-convolutions.ts';
import type { FlatTable } from './flat-table.ts';
import type { TfliteFile, TfliteTensor } from './tflite-file.ts';

/** @internal Converts an operator: adds stages, and returns the outputs. Throws an error that says what is not supported. */
export type Convert = (conversion: Conversion) => Operand | readonly Operand[];

/** What a conversion works with. */
interface Parts {
  readonly operator: DilatedOperator;
  readonly options: FlatTable;
  readonly graph: TfliteFile;
  readonly constants: Constants;
  readonly values: ReadonlyMap<number, Value | undefined>;
  readonly build: Builder;
}

/** @internal An operator that is converted, and what it takes. Constants are read when they are asked for. */
export class Conversion {
  readonly operator: DilatedOperator;
  readonly options: FlatTable;
  readonly build: Builder;
  readonly constants: Constants;
  /** The name of the stage that the operator becomes. */
  readonly name: string;
  readonly #graph: TfliteFile;
  readonly #values: ReadonlyMap<number, Value | undefined>;

  constructor(name: string, { operator, options, graph, constants, values, build }: Parts) {
    this.name = name;
    this.operator = operator;
    this.options = options;
    this.build = build;
    this.constants = constants;
    this.#graph = graph;
    this.#values = values;
  }

  /** What the file says about an input; undefined for an optional one that is left out. */
  input(index: number): TfliteTensor | undefined {
    return this.#graph.tensors[this.operator.inputs[index] ?? -1];
  }

  output(index = 0): TfliteTensor | undefined {
    return this.#graph.tensors[this.operator.outputs[index] ?? -1];
  }

  /** An input; undefined for an optional one that is left out. */
  at(index: number): Operand | undefined {
    const tensor = this.operator.inputs[index] ?? -1;
    if (tensor < 0) return undefined;
    return this.#values.get(tensor) ?? this.constants.get(tensor);
  }

  /** An input that may be a constant or not. */
  operandAt(index: number): Operand {
    const found = this.at(index);
    if (found) return found;
    throw new WeightsError(`lacks its input ${index + 1}`);
  }

  /** All inputs. */
  get operands(): Operand[] {
    return this.operator.inputs.map((_, index) => this.operandAt(index));
  }

  /** An input that must not be a constant. */
  valueAt(index = 0): Value {
    const found = this.operandAt(index);
    if (isValue(found)) return found;
    throw new WeightsError(`takes a constant as its input ${index + 1}`);
  }

  /** An input that must be a constant; undefined where it is left out. `scales` take the place of its own. */
  constantIfAny(index: number, scales?: readonly number[]): Constant | undefined {
    const tensor = this.operator.inputs[index] ?? -1;
    if (tensor < 0) return undefined;
    if (!this.#values.get(tensor)) return this.constants.get(tensor, scales);
    throw new WeightsError(`takes an input ${index + 1} that is computed; only a constant is supported there`);
  }

  /** An input that must be a constant. */
  constantAt(index: number): Constant {
    const found = this.constantIfAny(index);
    if (found) return found;
    throw new WeightsError(`lacks its input ${index + 1}`);
  }

  /** The whole numbers of an input that must be a constant. */
  numbersAt(index: number): number[] {
    return Array.from(this.constantAt(index).data);
  }

  /** Does what an operator of ONNX does, of constants at once. */
  as(
    op: string,
    inputs: readonly (Operand | undefined)[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputs = 1,
  ): readonly Operand[] {
    const node: OnnxNode = {
      name: this.name,
      op,
      inputs: inputs.map((operand, i) => (operand ? `in${i}` : '')),
      outputs: Array.from({ length: outputs }, (_, i) => `out${i}`),
      attributes: new Map(Object.entries(attributes)),
    };
    const known = inputs.flatMap((operand) => (isValue(operand) ? [] : [operand]));
    if (known.length === inputs.length) {
      const folded = foldNode(node, known, this.constants);
      if (folded) return folded;
      throw new WeightsError('of constants is not supported');
    }
    const { opset } = this.constants;
    const made = OPERATORS.get(op)?.({ node, inputs, opset, build: this.build }) ?? [];
    return Array.isArray(made) ? (made as readonly Operand[]) : [made as Operand];
  }
}
