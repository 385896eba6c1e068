/** A small graph model as the converter writes it: a convolution, a bias, a ReLU, the mean, a matrix, softmax. */
export function writtenGraph({ size = '4', change = (graph: GraphJson) => graph } = {}): File[] {
  const node = (name: string, op: string, input: string[] = [], attr: object = {}) => ({ name, op, input, attr });
  const float = { type: 'DT_FLOAT' };
  const constant = (name: string, dtype: 'DT_FLOAT' | 'DT_INT32' = 'DT_FLOAT') =>
    node(name, 'Const', [], { dtype: { type: dtype } });
  const dim = ['-1', size, size, '1'].map((n) => ({ size: n }));
  const graph: GraphJson = {
    format: 'graph-model',
    modelTopology: {
      versions: { producer: 1, minConsumer: 1 },
      library: {},
      node: [
        node('image', 'Placeholder', [], { dtype: float, shape: { shape: { dim } } }),
        constant('kernel'),
        node('conv', 'Conv2D', ['image', 'kernel'], {
          T: float,
          strides: { list: { i: ['1', '1', '1', '1'] } },
          padding: { s: Buffer.from('VALID').toString('base64') },
          data_format: { s: Buffer.from('NHWC').toString('base64') },
          dilations: { list: { i: ['1', '1', '1', '1'] } },
          explicit_paddings: { list: {} },
        }),
        constant('bias'),
        node('biased', 'BiasAdd', ['conv', 'bias'], {
          T: float,
          data_format: { s: Buffer.from('NHWC').toString('base64') },
        }),
        node('relu', 'Relu', ['biased'], { T: float }),
        constant('axes', 'DT_INT32'),
        node('mean', 'Mean', ['relu', 'axes'], { T: float, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } }),
        constant('matrix'),
        node('logits', 'MatMul', ['mean', 'matrix'], {
          T: float,
          transpose_a: { b: false },
          transpose_b: { b: false },
        }),
        node('scores', 'Softmax', ['logits'], { T: float }),
      ],
    },
    weightsManifest: [
      {
        paths: ['w.bin'],
        weights: [
          { name: 'kernel', shape: [3, 3, 1, 2], dtype: 'float32' },
          { name: 'bias', shape: [2], dtype: 'float32' },
          { name: 'axes', shape: [2], dtype: 'int32' },
          { name: 'matrix', shape: [2, 3], dtype: 'float32' },
        ],
      },
    ],
  };
  const bytes = Buffer.concat([
    Buffer.from(KERNEL.buffer),
    Buffer.from(BIAS.buffer),
    Buffer.from(Int32Array.of(1, 2).buffer),
    Buffer.from(MATRIX.buffer),
  ]);
  return [new File([JSON.stringify(change(graph))], 'model.json'), new File([new Uint8Array(bytes)], 'w.bin')];
}

export interface GraphJson {
  format?: string;
  modelTopology: {
    versions?: object;
    library?: object;
    node: { name: string; op: string; input: string[]; attr: object }[];
  };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

export const KERNEL = Float32Array.from({ length: 18 }, (_, i) => Math.sin(i + 1));
export const BIAS = Float32Array.of(0.25, -0.5);
export const MATRIX = Float32Array.of(1, -1, 0.5, 2, 0, -0.5);
