import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { describeShape, sizeOf, type Shape } from '../../stage/shape.ts';
import { chooseInput, type InputChoice } from '../choose-input.ts';
import { fewNames } from '../few-names.ts';
import type { OnnxFile, OnnxValueInfo } from './onnx-file.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** @internal A graph whose only input takes the frames. */
export interface FixedInputs {
  /** The graph with the constants among its weights. */
  readonly graph: OnnxFile;
  /** The constants, which the file does not have. */
  readonly constants: readonly StoredTensor[];
  /** The inputs that take what an output was for the frame before, and what they are for the first frame. */
  readonly state: readonly StateInput[];
}

/** @internal */
export interface StateInput {
  readonly name: string;
  readonly from: string;
  readonly type: number;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** @internal Puts constants in the place of all inputs but one. Throws `OptionError`. */
export function fixedInputs(file: string, graph: OnnxFile, options: InputChoice): FixedInputs {
  const { constants = {}, state = {} } = options;
  if (graph.inputs.length < 2 && Object.keys({ ...constants, ...state }).length === 0 && options.input === undefined) {
    return { graph, constants: [], state: [] };
  }
  const chosen = chooseInput(file, graph.inputs, options);
  const called = (name: string) => graph.inputs.find((input) => input.name === name);
  const input = called(chosen);
  if (!input) {
    const names = fewNames(
      graph.inputs.map(({ name }) => name),
      20,
    );
    throw new OptionError(`${file} has no input ${chosen} (input); it has ${names}`);
  }
  const fixed = Object.entries(constants).filter(([name]) => !Object.hasOwn(state, name) && name !== chosen);
  const stored = fixed.map(([name, value]) => storedConstant(file, called(name) as OnnxValueInfo, value));
  const kept = Object.entries(state).map(([name, from]): StateInput => {
    const info = called(name) as OnnxValueInfo;
    const { shape, data } = valuesOf(file, info, Object.hasOwn(constants, name) ? constants[name] : 0);
    return { name, from, type: info.type, shape, data: Float32Array.from(data) };
  });
  const initializers = new Map([...graph.initializers, ...stored.map((tensor) => [tensor.name, tensor] as const)]);
  return { graph: { ...graph, inputs: [input], initializers }, constants: stored, state: kept };
}

/** The whole numbers that a type has, by ONNX's numbers. */
const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 255],
  3: [-128, 127],
  6: [-(2 ** 31), 2 ** 31 - 1],
  7: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** How the values of each type are stored, by ONNX's numbers. */
const STORED: Readonly<Record<number, (values: Float64Array) => ArrayBufferView>> = {
  1: (values) => Float32Array.from(values),
  2: (values) => Uint8Array.from(values),
  3: (values) => Int8Array.from(values),
  6: (values) => Int32Array.from(values),
  7: (values) => BigInt64Array.from(values, BigInt),
  9: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
  11: (values) => Float64Array.from(values),
};

function storedConstant(file: string, info: OnnxValueInfo, value: unknown): StoredTensor {
  const { name, type } = info;
  const store = Object.hasOwn(STORED, type) ? STORED[type] : undefined;
  if (!store) {
    throw new OptionError(
      `${file}: its input ${name} takes values of ONNX's type ${type}, which a constant cannot have`,
    );
  }
  const { shape, data } = valuesOf(file, info, value);
  const [least, most] = (Object.hasOwn(RANGES, type) ? RANGES[type] : undefined) ?? [];
  const wrong =
    least === undefined
      ? undefined
      : data.find((one) => !(Number.isInteger(one) && one >= least && one <= (most ?? 0)));
  if (wrong !== undefined) {
    throw new OptionError(`${file}: the constant ${name} must be whole numbers from ${least} to ${most}, not ${wrong}`);
  }
  const { buffer, byteOffset, byteLength } = store(data);
  const raw = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, shape, type, raw, packed: [], external: undefined };
}

/** How many values a single number may fill: 128 MB. The file says how many. */
const MAX_FILLED = 2 ** 24;

/** The values of a constant in a row. A single one fills the shape that its input declares, where 1 stands for a size that is open. */
function valuesOf(file: string, { name, shape: stated }: OnnxValueInfo, value: unknown) {
  const declared = stated ?? [];
  const wrong = (what: string) => new OptionError(`${file}: the constant ${name} ${what}`);
  const number = (item: unknown) => {
    if (typeof item === 'number' && Number.isFinite(item)) return item;
    if (typeof item === 'boolean') return Number(item);
    throw wrong(`must be numbers, or lists of numbers, not ${describeValue(item)}`);
  };
  if (!Array.isArray(value)) {
    const shape = declared.map((size) => size ?? 1);
    if (!(sizeOf(shape) <= MAX_FILLED)) throw wrong(`would fill ${describeShape(shape)}, over ${MAX_FILLED} values`);
    return { shape, data: new Float64Array(sizeOf(shape)).fill(number(value)) };
  }
  const shape: number[] = [];
  for (let list: unknown = value; Array.isArray(list); list = list[0] as unknown) shape.push(list.length);
  const data: number[] = [];
  const add = (item: unknown, depth: number): void => {
    if (depth === shape.length) data.push(number(item));
    else if (!Array.isArray(item) || item.length !== shape[depth]) throw wrong('has lists of different lengths');
    else for (const inner of item) add(inner, depth + 1);
  };
  add(value, 0);
  const fits = shape.length === declared.length && declared.every((size, i) => (size ?? shape[i]) === shape[i]);
  if (fits || !stated) return { shape, data: Float64Array.from(data) };
  throw wrong(
    `has the shape [${shape.join(', ')}], but its input is [${declared.map((size) => size ?? '?').join(', ')}]`,
  );
}
