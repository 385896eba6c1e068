import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WeightsError } from 'sluice';
import { permuted, type Constant } from '../../../src/models/onnx/constant.ts';
import { convertGraph } from '../../../src/models/onnx/convert-graph.ts';
import { inputOf } from '../../../src/models/onnx/onnx-input.ts';
import { readOnnxFile } from '../../../src/models/onnx/onnx-file.ts';
import { constantOf, readTensor } from '../../../src/models/onnx/stored-tensor.ts';
import { compute } from '../../support/compute.ts';
import type { Grid } from '../../support/reference.ts';

/** ONNX's own cases for its operators, as Debian's package libonnx-testdata installs them. */
export const BACKEND_CASES = '/usr/share/libonnx-testdata/data/node';

/** The names of all cases; empty where the package is not installed. */
export function backendCases(): string[] {
  if (!existsSync(BACKEND_CASES)) return [];
  return readdirSync(BACKEND_CASES).filter((name) => existsSync(path.join(BACKEND_CASES, name, 'model.onnx')));
}

/**
 * Runs a case: its first input comes through the pipeline, the others are constants. Returns what each output is and should be,
 * without sizes of 1: in which of the dimensions they are is another test's matter. Throws what the reader throws for the first
 * output, and leaves out others that it refuses (the indices of a MaxPool). `whole` takes the first dimension for one like the
 * others, and else for the batch.
 */
export function runBackendCase(name: string, whole: boolean): { actual: Grid; expected: Grid }[] {
  const folder = path.join(BACKEND_CASES, name);
  const file = readOnnxFile(name, readFileSync(path.join(folder, 'model.onnx')));
  const stored = (kind: string, i: number) => {
    const bytes = readFileSync(path.join(folder, 'test_data_set_0', `${kind}_${i}.pb`));
    return readTensor(name, bytes);
  };
  const [first, ...others] = file.inputs.map((info, i) => ({
    info,
    tensor: { ...stored('input', i), name: info.name },
  }));
  if (!first) throw new WeightsError('it has no input');
  const x = constantOf(name, first.tensor, undefined);
  const rank = x.shape.length;
  const later = Array.from({ length: Math.max(0, rank - 1) }, (_, i) => i + 1);
  const order = whole ? [...x.shape.keys()] : rank === 4 ? [2, 3, 1] : later;
  const shape = whole ? x.shape : [1, ...x.shape.slice(1)];
  const laid: Constant = whole ? { ...x, shape: [1, ...x.shape] } : permuted(x, [0, ...order]);
  const initializers = new Map([...file.initializers, ...others.map(({ tensor }) => [tensor.name, tensor] as const)]);
  const graph = { ...file, initializers, inputs: [first.info] };
  // Of integers, only those that become floats are accepted.
  if (x.kind !== 'float') inputOf(name, graph, undefined);
  const input = { name: first.info.name, shape, order, beside: new Map() };
  return file.outputs.flatMap((info, i) => {
    const net = converted(() => convertGraph(name, graph, input, [info.name]), i > 0);
    if (!net) return [];
    const wanted = constantOf(name, stored('output', i), undefined);
    const actual = compute(net, { shape: laid.shape, data: Array.from(laid.data) });
    const pictures = !whole && rank === 4 && wanted.shape.length === 4;
    return [{ actual: plain(actual), expected: plain(pictures ? permuted(wanted, [0, 2, 3, 1]) : wanted) }];
  });
}

function converted<T>(make: () => T, mayFail: boolean): T | undefined {
  try {
    return make();
  } catch (error) {
    if (mayFail && error instanceof WeightsError) return undefined;
    throw error;
  }
}

function plain({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Grid {
  return { shape: shape.filter((size) => size !== 1), data: Array.from(data) };
}
