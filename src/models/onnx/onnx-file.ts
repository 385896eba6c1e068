import { WeightsError } from '../../errors/errors.ts';
import { MAX_DEPTH, MAX_LAYERS, MAX_RANK, MAX_WEIGHTS } from '../limits.ts';
import { asBytes, asNumber, floatOf, nameOf, pairOf, textOf } from './field-values.ts';
import { damaged, readFields, readVarints, type FieldValue } from './read-fields.ts';
import { readTensor, type StoredTensor } from './stored-tensor.ts';

// The messages of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, as far as they are needed. Nothing is copied but
// names and small numbers. Of graphs inside nodes (If, Loop) only the names are read that they take from outside.

/** @internal The attribute of a node. */
export type OnnxAttribute = number | string | readonly number[] | readonly string[] | StoredTensor;

/** @internal An operation of a graph. */
export interface OnnxNode {
  readonly name: string;
  /** The name of the operator, with its domain if that is not ONNX's own: `com.microsoft.FusedConv`. */
  readonly op: string;
  /** '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** What graphs inside the node may take from the graph around it: all names that their nodes take or that they give. */
  readonly captured?: readonly string[];
}

/** @internal An input or an output of a graph. */
export interface OnnxValueInfo {
  readonly name: string;
  /** ONNX's number for the type of its values. */
  readonly type: number;
  /** A size that is left open is undefined. Undefined where not even the rank is known. */
  readonly shape: readonly (number | undefined)[] | undefined;
  /** The name of the first dimension, if its size is open and has a name. */
  readonly batch?: string | undefined;
}

/** @internal What an ONNX file contains. */
export interface OnnxFile {
  readonly name: string;
  /** The version of ONNX's operators. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  /** Without those that are initializers. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** The texts that are stored in the file, by name. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The name of the program that wrote the file. */
  readonly producer: string;
}

/** @internal The limits of lists in a file. */
const [MAX_ITEMS, MAX_TEXTS] = [1_000_000, 1000];

/** @internal Reads an ONNX file. Throws `WeightsError`. */
export function readOnnxFile(file: string, bytes: Uint8Array): OnnxFile {
  let graph: Uint8Array | undefined;
  let producer = '';
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  readFields(file, bytes, (id, value) => {
    if (id === 2) producer = nameOf(file, value);
    else if (id === 7 && graph) throw damaged(file, 'two graphs');
    else if (id === 7) graph = asBytes(file, value);
    else if (id === 8) opsets.set(...opsetOf(file, asBytes(file, value)));
    else if (id === 14 && metadata.size < MAX_TEXTS) metadata.set(...pairOf(file, asBytes(file, value)));
  });
  if (!graph) throw damaged(file, 'no graph');
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
  if (opset < 7) {
    throw new WeightsError(
      `${file} uses version ${opset} of ONNX's operators; sluice knows version 7 (2018) and later`,
    );
  }
  return { ...readGraph(file, graph), opset, metadata, producer };
}

function readGraph(file: string, bytes: Uint8Array): Omit<OnnxFile, 'opset' | 'metadata' | 'producer'> {
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, StoredTensor>();
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  const counted = <T>(list: T[], item: T, most: number, what: string) => {
    if (list.push(item) > most) throw new WeightsError(`${file} has over ${most} ${what}`);
  };
  readFields(file, bytes, (id, value) => {
    if (id === 1) counted(nodes, readNode(file, asBytes(file, value)), MAX_LAYERS, 'nodes');
    else if (id === 2) name = nameOf(file, value);
    else if (id === 5) {
      const tensor = readTensor(file, asBytes(file, value));
      initializers.set(tensor.name, tensor);
      if (initializers.size > MAX_WEIGHTS) throw new WeightsError(`${file} has over ${MAX_WEIGHTS} weights`);
    } else if (id === 11) counted(inputs, readValueInfo(file, asBytes(file, value)), MAX_WEIGHTS, 'inputs');
    else if (id === 12) counted(outputs, readValueInfo(file, asBytes(file, value)), MAX_LAYERS, 'outputs');
  });
  const given = inputs.filter((input) => !initializers.has(input.name));
  return { name, nodes, initializers, inputs: given, outputs };
}

function readNode(file: string, bytes: Uint8Array): OnnxNode {
  let [name, op, domain] = ['', '', ''];
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, OnnxAttribute>();
  const captured = new Set<string>();
  readFields(file, bytes, (id, value) => {
    if (id === 1) inputs.push(nameOf(file, value));
    else if (id === 2) outputs.push(nameOf(file, value));
    else if (id === 3) name = nameOf(file, value);
    else if (id === 4) op = nameOf(file, value);
    else if (id === 5) readAttribute(file, asBytes(file, value), attributes, captured);
    else if (id === 7) domain = nameOf(file, value);
    if (Math.max(inputs.length, outputs.length, attributes.size) > MAX_LAYERS) {
      throw new WeightsError(`${file}: a node has over ${MAX_LAYERS} inputs or outputs`);
    }
  });
  const own = domain === '' || domain === 'ai.onnx';
  const operator = own ? op : `${domain}.${op}`;
  return { name, op: operator, inputs, outputs, attributes, ...(captured.size > 0 ? { captured: [...captured] } : {}) };
}

/** Collects the names that the nodes of a graph inside a node take, and those of its outputs. */
function captureNames(file: string, bytes: Uint8Array, into: Set<string>, depth = 0): void {
  if (depth > MAX_DEPTH) throw new WeightsError(`${file} has graphs in graphs over ${MAX_DEPTH} deep`);
  const add = (value: FieldValue) => {
    if (into.add(nameOf(file, value)).size > MAX_LAYERS) {
      throw new WeightsError(`${file}: a graph inside a node has over ${MAX_LAYERS} names`);
    }
  };
  readFields(file, bytes, (id, value) => {
    if (id !== 1 && id !== 12) return;
    readFields(file, asBytes(file, value), (part, of) => {
      if (part === 1) add(of);
      else if (id === 1 && part === 5) {
        readFields(file, asBytes(file, of), (attribute, graph) => {
          if (attribute === 6 || attribute === 11) captureNames(file, asBytes(file, graph), into, depth + 1);
        });
      }
    });
  });
}

function readAttribute(file: string, bytes: Uint8Array, into: Map<string, OnnxAttribute>, captured: Set<string>): void {
  let name = '';
  let value: OnnxAttribute | undefined;
  const list: number[] = [];
  const add = (item: number) => {
    if (list.push(item) > MAX_ITEMS) throw new WeightsError(`${file}: an attribute has over ${MAX_ITEMS} values`);
  };
  let isList = false;
  const words: string[] = [];
  readFields(file, bytes, (id, given) => {
    if (id === 1) name = nameOf(file, given);
    else if (id === 2) value = floatOf(asBytes(file, given));
    else if (id === 3) value = asNumber(file, given);
    else if (id === 4) value = textOf(asBytes(file, given));
    else if (id === 5) value = readTensor(file, asBytes(file, given));
    else if (id === 6 || id === 11) captureNames(file, asBytes(file, given), captured);
    else if (id === 20) isList = given === 6 || given === 7;
    else if (id === 9) {
      if (words.push(nameOf(file, given)) > MAX_TEXTS)
        throw new WeightsError(`${file}: an attribute has over ${MAX_TEXTS} texts`);
    } else if (id === 7) {
      const floats = asBytes(file, given);
      for (let at = 0; at + 4 <= floats.length; at += 4) add(floatOf(floats.subarray(at)));
    } else if (id === 8) {
      if (typeof given === 'number') add(given);
      else readVarints(file, given, add);
    }
  });
  if (isList || list.length > 0) value = list;
  else if (words.length > 0) value = words;
  if (value !== undefined) into.set(name, value);
}

/** The name, type and shape of a value, if it is a tensor. */
function readValueInfo(file: string, bytes: Uint8Array): OnnxValueInfo {
  let [name, type] = ['', 0];
  let shape: (number | undefined)[] | undefined;
  let batch: string | undefined;
  readFields(file, bytes, (id, value) => {
    if (id === 1) name = nameOf(file, value);
    if (id !== 2) return;
    readFields(file, asBytes(file, value), (kind, tensor) => {
      if (kind !== 1) return;
      readFields(file, asBytes(file, tensor), (part, of) => {
        if (part === 1) type = asNumber(file, of);
        if (part === 2) ({ shape, batch } = readShape(file, asBytes(file, of)));
      });
    });
  });
  return { name, type, shape, batch };
}

function readShape(file: string, bytes: Uint8Array): { shape: (number | undefined)[]; batch: string | undefined } {
  const sizes: (number | undefined)[] = [];
  let batch: string | undefined;
  readFields(file, bytes, (id, dimension) => {
    if (id !== 1) return;
    let size: number | undefined;
    readFields(file, asBytes(file, dimension), (part, value) => {
      // Some tools write 0 or −1 for a size that is open.
      if (part === 1) size = asNumber(file, value) > 0 ? asNumber(file, value) : undefined;
      if (part === 2 && sizes.length === 0) batch = nameOf(file, value);
    });
    if (sizes.push(size) > MAX_RANK) throw new WeightsError(`${file}: a shape has over ${MAX_RANK} dimensions`);
  });
  return { shape: sizes, batch };
}

function opsetOf(file: string, bytes: Uint8Array): [string, number] {
  let [domain, version] = ['', 0];
  readFields(file, bytes, (id, value) => {
    if (id === 1) domain = nameOf(file, value);
    if (id === 2) version = asNumber(file, value);
  });
  return [domain, version];
}
