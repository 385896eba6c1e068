import * as tf from '@tensorflow/tfjs-core';

const { SpaceToBatchND, BatchToSpaceND } = tf;

/** What the kernels need of the wasm backend. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
}

type Attributes = { readonly blockShape: readonly number[] } & Partial<
  Readonly<Record<'paddings' | 'crops', readonly (readonly number[])[]>>
>;

/**
 * Gives wasm kernels of SpaceToBatchND and BatchToSpaceND that copy rows of channels. tfjs transposes tensors of six dimensions, value by
 * value: 500 ms where this takes 3. Dilated convolutions of older TensorFlow graphs, such as DeepLab's, are made of both.
 *
 * No upstream issue known.
 */
export function quickSpaceToBatch(): void {
  replace(SpaceToBatchND, (x, backend, { blockShape, paddings = [] }) => {
    const [block, before, after] = [two(blockShape), two(sides(paddings, 0), 0), two(sides(paddings, 1), 0)];
    const { batch, height, width, channels } = sizesOf(x, blockShape.length);
    const [rows, columns] = [(height + before[0] + after[0]) / block[0], (width + before[1] + after[1]) / block[1]];
    const spatial = [rows, columns].slice(2 - blockShape.length);
    const shape = [batch * block[0] * block[1], ...spatial, ...x.shape.slice(1 + blockShape.length)];
    const output = backend.makeOutput(shape, x.dtype);
    const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(output)];
    to.fill(0);
    eachRow({ batch, block, rows, columns }, (b, y, x0, packed) => {
      const [row, column] = [y - before[0], x0 - before[1]];
      if (row < 0 || row >= height || column < 0 || column >= width) return;
      const at = ((b * height + row) * width + column) * channels;
      to.set(from.subarray(at, at + channels), packed * channels);
    });
    return output;
  });
  replace(BatchToSpaceND, (x, backend, { blockShape, crops = [] }) => {
    const [block, before, after] = [two(blockShape), two(sides(crops, 0), 0), two(sides(crops, 1), 0)];
    const { batch: packedBatch, height: rows, width: columns, channels } = sizesOf(x, blockShape.length);
    const batch = packedBatch / (block[0] * block[1]);
    const [height, width] = [rows * block[0] - before[0] - after[0], columns * block[1] - before[1] - after[1]];
    const spatial = [height, width].slice(2 - blockShape.length);
    const output = backend.makeOutput([batch, ...spatial, ...x.shape.slice(1 + blockShape.length)], x.dtype);
    const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(output)];
    eachRow({ batch, block, rows, columns }, (b, y, x0, packed) => {
      const [row, column] = [y - before[0], x0 - before[1]];
      if (row < 0 || row >= height || column < 0 || column >= width) return;
      const at = packed * channels;
      to.set(from.subarray(at, at + channels), ((b * height + row) * width + column) * channels);
    });
    return output;
  });
}

/** Puts a kernel before tfjs's own, which it leaves the blocks of more than two dimensions. */
function replace(
  kernelName: string,
  kernel: (x: tf.TensorInfo, backend: WasmBackend, attributes: Attributes) => tf.TensorInfo,
): void {
  const own = tf.getKernel(kernelName, 'wasm');
  if (!own || own.kernelFunc.name === QUICK) return;
  const named = {
    [QUICK]: ((call) => {
      const attributes = call.attrs as unknown as Attributes;
      const { length } = attributes.blockShape;
      if (length < 1 || length > 2) return own.kernelFunc(call);
      return kernel(call.inputs['x'] as tf.TensorInfo, call.backend as WasmBackend, attributes);
    }) as tf.KernelFunc,
  };
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...own, kernelFunc: named[QUICK] });
}

const QUICK = 'quickSpaceToBatch';

/** Of one dimension, a row of it. */
function two(numbers: readonly number[], other = 1): readonly [number, number] {
  const [first = other, second] = numbers;
  return second === undefined ? [other, first] : [first, second];
}

function sides(pairs: readonly (readonly number[])[], side: 0 | 1): number[] {
  return pairs.map((pair) => pair[side] ?? 0);
}

function sizesOf({ shape }: tf.TensorInfo, dimensions: number) {
  const [height, width] = two(shape.slice(1, 1 + dimensions));
  const channels = shape.slice(1 + dimensions).reduce((product, size) => product * size, 1);
  return { batch: shape[0] ?? 1, height, width, channels };
}

/** Each row of channels: its batch, row and column in the whole picture, and its number among the packed ones. */
function eachRow(
  sizes: {
    readonly batch: number;
    readonly block: readonly [number, number];
    readonly rows: number;
    readonly columns: number;
  },
  visit: (batch: number, y: number, x: number, packed: number) => void,
): void {
  const { batch, block, rows, columns } = sizes;
  let packed = 0;
  for (let down = 0; down < block[0]; down++) {
    for (let across = 0; across < block[1]; across++) {
      for (let b = 0; b < batch; b++) {
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            visit(b, row * block[0] + down, column * block[1] + across, packed++);
          }
        }
      }
    }
  }
}
