import { readFields } from '../../../src/models/onnx/read-fields.ts';
import { readOnnxFile } from '../../../src/models/onnx/onnx-file.ts';
import { constantOf } from '../../../src/models/onnx/stored-tensor.ts';
import { field, joined, text, varint, type Message } from '../../../src/onnx/protobuf.ts';
import { randomFrom } from '../../support/random.ts';

/** A model whose weights are in other files. */
export interface Filled {
  readonly model: Uint8Array;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/**
 * A model whose weights are made by ConstantOfShape, all equal, with random ones in their place: equal weights hide swapped
 * axes. Kernels are scaled to keep the size of the values, and matrices times `matrices`; the others (biases, means, variances)
 * are between 0.5 and 1.
 */
export function filled(file: string, bytes: Uint8Array, matrices = 1, seed = 1): Filled {
  const { nodes, initializers } = readOnnxFile(file, bytes);
  const random = randomFrom(seed);
  const weights = new Map<string, Float32Array>();
  const added: Message[] = [];
  const gone = new Set<string>();
  for (const { op, inputs, outputs } of nodes) {
    const shape = initializers.get(inputs[0] ?? '');
    if (op !== 'ConstantOfShape' || !shape) continue;
    const name = outputs[0] ?? '';
    const sizes = Array.from(constantOf(file, shape, undefined).data);
    const values = new Float32Array(sizes.reduce((a, b) => a * b, 1));
    const spread = Math.sqrt(6 / (values.length / (sizes[0] ?? 1))) * (sizes.length === 2 ? matrices : 1);
    for (let i = 0; i < values.length; i++) {
      values[i] = sizes.length > 1 ? (2 * random() - 1) * spread : 0.5 + random() / 2;
    }
    const external = `w${weights.size}.bin`;
    weights.set(external, values);
    gone.add(name);
    const where = { location: external, offset: '0', length: String(values.byteLength) };
    added.push(
      field(5, [
        ...sizes.flatMap((size) => varint(1, size)),
        ...varint(2, 1),
        ...text(8, name),
        ...Object.entries(where).flatMap(([key, value]) => field(13, [...text(1, key), ...text(2, value)])),
        ...varint(14, 1),
      ]),
    );
  }
  const graph: Message[] = [];
  const model: Message[] = [];
  const again = (id: number, value: number | Uint8Array) =>
    typeof value === 'number' ? varint(id, value) : field(id, [value]);
  readFields(file, bytes, (id, value) => {
    if (id !== 7) return model.push(again(id, value));
    return readFields(file, value as Uint8Array, (part, of) => {
      if (part === 1 && outputsOf(of as Uint8Array).some((name) => gone.has(name))) return;
      graph.push(again(part, of));
    });
  });
  const whole = [...model.flat(), ...field(7, [...graph.flat(), ...added.flat()])];
  return { model: joined(whole), weights };
}

function outputsOf(node: Uint8Array): string[] {
  const names: string[] = [];
  readFields('', node, (id, value) => {
    if (id === 2) names.push(new TextDecoder().decode(value as Uint8Array));
  });
  return names;
}
